"""Processes that train together: who is who, in the environment variables of torch's `env://` rendezvous."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MASTER_PORT = 29500


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The processes of one node, in a run of one or several nodes."""

    processes: int = 1
    """Processes of each node, one per GPU."""
    nodes: int = 1
    """Nodes of the run."""
    node: int = 0
    """This one, from 0."""

    @classmethod
    def of(cls, processes: int, environ: Mapping[str, str]) -> "Group":
        """The group that a pod's environment describes: `NNODES`, and the index that an Indexed Job gives its pods."""
        node = environ.get("JOB_COMPLETION_INDEX", "0")
        return cls(processes=processes, nodes=int(environ.get("NNODES", "1")), node=int(node))

    @property
    def single(self) -> bool:
        """Whether one process trains alone."""
        return self.processes * self.nodes == 1

    def environment(self, local_rank: int, environ: Mapping[str, str]) -> dict[str, str]:
        """Variables of one process of this node."""
        return {
            "RANK": str(self.node * self.processes + local_rank),
            "LOCAL_RANK": str(local_rank),
            "WORLD_SIZE": str(self.nodes * self.processes),
            "LOCAL_WORLD_SIZE": str(self.processes),
            "MASTER_ADDR": environ.get("MASTER_ADDR", "127.0.0.1"),
            "MASTER_PORT": environ.get("MASTER_PORT", str(MASTER_PORT)),
        }


def exit_code_of(codes: Sequence[int]) -> int:
    """The exit code of a node, from those of its processes in the order in which they ended.

    The first that is not 0 tells what happened; the others were only told to end. A signal's number counts from 128, as
    a shell has it.
    """
    first = next((code for code in codes if code), 0)
    return 128 - first if first < 0 else first
