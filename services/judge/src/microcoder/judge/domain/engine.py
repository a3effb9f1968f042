"""The port to whatever runs a program once: what goes in, what comes out.

The cold engine (`microcoder.judge.adapters.jail`) starts a fresh process in fresh namespaces per run and is the
reference that the warm engine (`microcoder.judge.adapters.warm`) must agree with.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

PROGRAM_DIR = "{program}"
"""In an argument: the read-only folder that holds the run's files."""
BOX_DIR = "{box}"
"""In an argument: the empty writable folder that the program starts in."""


class Tier(StrEnum):
    """How well a run is shut in, weakest first."""

    RLIMITS = "rlimits"
    """Resource limits, a session of its own, a system call filter; the host's files are visible."""
    LANDLOCK = "landlock"
    """The same, and only system folders and the box can be opened."""
    NAMESPACES = "namespaces"
    """Namespaces of its own for users, processes, files, network, IPC and host name."""
    NAMESPACES_CGROUPS = "namespaces+cgroups"
    """The same, with memory, CPU time and processes accounted by the kernel for the whole tree."""

    def at_least(self, other: "Tier") -> bool:
        """Whether this tier is as strong as `other`."""
        order = list(Tier)
        return order.index(self) >= order.index(other)


STRONGEST_FIRST = tuple(reversed(Tier))


class EngineKind(StrEnum):
    """Which engine runs programs."""

    AUTO = "auto"
    """Warm where it works, else cold."""
    WARM = "warm"
    """In jails that stay; refuses to start where that does not work."""
    COLD = "cold"
    """Each run in a process and a jail of its own: the reference."""


class Ended(StrEnum):
    """Why the supervisor ended a run."""

    CPU = "cpu"
    IDLE = "idle"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    CANCEL = "cancel"
    SETUP = "setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What one run may use."""

    cpu_time_ms: int
    """CPU time of the whole process tree, milliseconds."""
    memory_bytes: int
    """Memory of the whole process tree, bytes."""
    output_bytes: int
    """Standard output, bytes."""
    error_bytes: int = 16 * 1024
    """Standard error that is kept, bytes; the rest is read and dropped."""
    processes: int = 64
    """Processes and threads at a time."""
    stack_bytes: int = 256 * 1024 * 1024
    """Stack of the main thread, bytes."""
    box_bytes: int = 64 * 1024 * 1024
    """All that may be written into the box, bytes."""
    idle_time_ms: int = 0
    """Longest time without using a processor or waiting for one, milliseconds; 0 for what `idle_ms` says."""

    @property
    def idle_ms(self) -> int:
        """Longest time without using a processor or waiting for one, milliseconds."""
        return self.idle_time_ms or max(self.cpu_time_ms, 2_000)

    @property
    def wall_ms(self) -> int:
        """After this the host is too busy to tell anything about the program, milliseconds."""
        return 10 * self.cpu_time_ms + 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One run of one program."""

    argv: tuple[str, ...]
    """Command; `PROGRAM_DIR` and `BOX_DIR` stand for the folders."""
    files: Mapping[str, bytes]
    """Relative path to content: what the program's folder holds."""
    shared: tuple[str, ...] = ()
    """Folders of the host that the run may read; where the jail shows them elsewhere, arguments and variables that name
    them are changed. For what everybody may see."""
    stdin: bytes = b""
    """Standard input, given as a regular file."""
    limits: RunLimits
    """What it may use."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """In addition to the engine's own few variables."""
    result_channel: bool = False
    """Opens descriptor 3 for a result beside standard output, with the same budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run."""

    exit_code: int | None = None
    """Where the program ended by itself."""
    signal: int | None = None
    """Where a signal ended it and the supervisor did not send it."""
    ended: Ended | None = None
    """Why the supervisor ended it."""
    cpu_time_us: int = 0
    """CPU time of the whole tree, microseconds."""
    wall_time_us: int = 0
    """From start to end, microseconds."""
    run_delay_us: int = 0
    """Time in which the program could have run and got no processor, microseconds."""
    memory_bytes: int = 0
    """Peak memory, bytes."""
    out_of_memory: bool = False
    """The kernel killed a process of the tree at the memory limit."""
    stdout: bytes = b""
    """Up to the limit."""
    stderr: bytes = b""
    """Up to what is kept of it."""
    result: bytes = b""
    """What came over the result channel."""
    ended_at_us: int = 0
    """When the program ended, or was ended: microseconds on the host's monotonic clock."""
    input_over: bool = False
    """In an interaction, of a program that ended by itself: the other one had closed its output before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """What became of two runs that talked to each other."""

    program: Outcome
    """Of the one that is judged."""
    other: Outcome
    """Of the one that it talked to."""

    @property
    def other_first(self) -> bool:
        """Whether the other one ended first, or at least said its last word.

        The end of `program` is on record before the other one can notice it.
        """
        return self.program.input_over or self.other.ended_at_us < self.program.ended_at_us


class EngineFailed(Exception):
    """The run could not be made or watched: says nothing about the program."""


Run = Callable[[RunSpec], Awaitable[Outcome]]
"""`Engine.run`, or the same behind a queue."""


class Engine(Protocol):
    """Runs programs. Any number of runs may be under way at a time."""

    @property
    def tier(self) -> Tier:
        """How well its runs are shut in."""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What the tier is made of on this host and what is missing, for people."""

    @property
    def python(self) -> str:
        """Path of the interpreter that programs get."""

    async def run(self, spec: RunSpec) -> Outcome:
        """Runs the program to its end. Cancelling the call kills it at once.

        Raises:
            EngineFailed: The judge's own trouble.
        """

    async def interact(self, program: RunSpec, other: RunSpec, *, settles: Callable[[Outcome], bool]) -> Interaction:
        """Runs two programs at a time, the output of each being the other one's input; `stdin` of neither is used.

        What one does is not counted as the other one's time: neither its CPU time nor waiting for it while it works.
        Of the two only `program` is charged for a dialogue that comes to a halt. What the other one writes after the
        end of `program` goes nowhere.

        Args:
            program: The one that is judged.
            other: The one that it talks to.
            settles: Whether, after such an outcome of the other one, nothing that `program` may still do matters: then
                it is ended.

        Raises:
            EngineFailed: The judge's own trouble.
        """

    async def close(self) -> None:
        """Frees what the engine holds."""
