"""What the judge holds on the host: descriptors, processes, mounts, control groups, files, memory."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

_TEMPORARY = "microcoder-run-"
_GROUPS = "microcoder-judge-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Counts at one moment, when nothing is being judged."""

    descriptors: int
    """Open files of the service."""
    threads: int
    """Threads of the service."""
    processes: int
    """Its descendants: helpers, warm interpreters, runs."""
    descriptors_below: int
    """Open files of its descendants."""
    mounts: int
    """Mounts that the service sees."""
    groups: int
    """Control groups of its own."""
    files: int
    """Folders of runs in the temporary folder."""
    memory_kib: int
    """Resident memory of the service, KiB."""
    memory_below_kib: int
    """The same of its descendants."""

    def more_than(self, other: "Holdings", *, memory_kib: int) -> list[str]:
        """What has grown since `other`, memory by more than `memory_kib`. Threads may: pools are filled when needed."""
        grown = []
        for field in fields(self):
            before, now = getattr(other, field.name), getattr(self, field.name)
            allowed = memory_kib if field.name.startswith("memory") else 0
            if now > before + allowed and field.name != "threads":
                grown.append(f"{field.name}: {before} before, {now} now")
        return grown


def holdings(pid: int) -> Holdings:
    """What the judge with this pid holds."""
    below = list(_descendants(pid))
    return Holdings(
        descriptors=_count(Path("/proc", str(pid), "fd")),
        threads=_count(Path("/proc", str(pid), "task")),
        processes=len(below),
        descriptors_below=sum(_count(Path("/proc", str(child), "fd")) for child in below),
        mounts=len(Path("/proc", str(pid), "mountinfo").read_text().splitlines()),
        groups=sum(1 for _ in _groups(pid)),
        files=sum(1 for name in os.listdir(os.environ.get("TMPDIR", "/tmp")) if name.startswith(_TEMPORARY)),
        memory_kib=_memory_kib(pid),
        memory_below_kib=sum(_memory_kib(child) for child in below),
    )


def _descendants(pid: int) -> Iterator[int]:
    for path in Path("/proc", str(pid), "task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _descendants(child)


def _groups(pid: int) -> Iterator[Path]:
    """Without those that a thread of the judge lives in: a cold slot's group comes with its first run, and stays."""
    for base in Path("/sys/fs/cgroup").glob(f"**/{_GROUPS}{pid}"):
        yield from (path for path in base.rglob("*") if path.is_dir() and not _lives_in(path, pid))


def _lives_in(group: Path, pid: int) -> bool:
    try:
        threads = (group / "tasks").read_text().split()
    except OSError:
        return False
    return any(Path("/proc", str(pid), "task", thread).exists() for thread in threads)


def _count(folder: Path) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def _memory_kib(pid: int) -> int:
    try:
        status = Path("/proc", str(pid), "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
