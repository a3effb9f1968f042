"""This judge's folders in the control group hierarchies.

Version 1: one group per slot, which the slot's thread joins once and its helpers inherit. Version 2 knows no threads in
different memory groups: there the helper makes a group per run.
"""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_V1 = ("memory", "pids", "cpuacct")
_V2 = ("memory", "pids", "cpu")


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """Folders of this judge, by controller (version 1) or under the one name `unified` (version 2)."""

    folders: dict[str, Path]

    def join(self, slot: int) -> None:
        """Makes the slot's groups and puts the calling thread into them.

        Raises:
            OSError: This process may not.
        """
        for controller, folder in self.folders.items():
            if controller != "unified":
                group = folder / f"slot-{slot}"
                group.mkdir(exist_ok=True)
                (group / "tasks").write_text(str(threading.get_native_id()))

    def arguments(self, slot: int) -> list[str]:
        """For a helper of the slot."""
        return [
            f"cgroup={controller}:{folder if controller == 'unified' else folder / f'slot-{slot}'}"
            for controller, folder in self.folders.items()
        ]

    def of_warm_slot(self, slot: int) -> list[str]:
        """For the supervisor of a warm slot, which makes and enters them."""
        return [f"cgroup={controller}:{folder / f'warm-{slot}'}" for controller, folder in self.folders.items()]

    def remove(self) -> None:
        """Removes the folders once their threads and runs are gone."""
        for folder in self.folders.values():
            for leaf in (*folder.glob("slot-*"), *folder.glob("warm-*"), *folder.glob("run-*"), folder):
                _remove(leaf)


def open_control_groups() -> ControlGroups:
    """Makes the folders.

    Raises:
        OSError: This process may not, or the host has neither all of version 1's controllers nor version 2.
    """
    own = dict(_own_groups())
    mounts = dict(_mounts())
    name = f"microcoder-judge-{os.getpid()}"
    if all(controller in mounts and controller in own for controller in _V1):
        groups = ControlGroups({c: mounts[c] / own[c].lstrip("/") / name for c in _V1})
    elif "unified" in mounts and "" in own:
        groups = ControlGroups({"unified": _delegated(mounts["unified"] / own[""].lstrip("/")) / name})
    else:
        raise OSError("no control groups for memory, pids and CPU time")
    try:
        for folder in groups.folders.values():
            _sweep(folder.parent)
            folder.mkdir(exist_ok=True)
            if "unified" in groups.folders:
                _enable(folder)
    except OSError:
        groups.remove()
        raise
    return groups


def _own_groups() -> Iterator[tuple[str, str]]:
    """Controller and path of this process's group; the controller of version 2 is empty."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def _mounts() -> Iterator[tuple[str, Path]]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        path = Path(fields.split(" ")[4])
        if kind == "cgroup2":
            yield "unified", path
        elif kind == "cgroup":
            for option in options.rsplit(" ", 1)[-1].split(","):
                yield option, path


def _delegated(group: Path) -> Path:
    """A group of version 2 that may have children with limits: processes must live in its leaves only.

    Raises:
        OSError: Other processes live in it, or it is not ours.
    """
    if (group / "cgroup.type").exists():  # the root has none, and no such rule
        members = (group / "cgroup.procs").read_text().split()
        if members != [str(os.getpid())]:
            raise OSError(f"{group} is shared with other processes")
        service = group / "service"
        service.mkdir(exist_ok=True)
        (service / "cgroup.procs").write_text(str(os.getpid()))
    _enable(group)
    return group


def _enable(group: Path) -> None:
    (group / "cgroup.subtree_control").write_text(" ".join(f"+{controller}" for controller in _V2))


def _sweep(parent: Path) -> None:
    """Removes folders of judges that are gone."""
    for folder in parent.glob("microcoder-judge-*"):
        pid = re.fullmatch(r"microcoder-judge-(\d+)", folder.name)
        if pid and not Path("/proc", pid[1]).exists():
            ControlGroups({"": folder}).remove()


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # still busy or gone already; the next judge sweeps it
