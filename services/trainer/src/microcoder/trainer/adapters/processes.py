"""Processes of this machine, told apart from later ones that got the same id."""

import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """Names one process for as long as this machine is up."""

    pid: int
    """Process id."""
    started: int
    """When it started, clock ticks since boot."""
    attempt: int
    """Attempt of the run that it works on."""

    @classmethod
    def of(cls, pid: int, attempt: int) -> Self:
        """The mark of a process that runs now, or is a child that was not waited for yet."""
        stat = _stat(pid)
        return cls(pid=pid, started=stat[1] if stat else 0, attempt=attempt)

    @property
    def alive(self) -> bool:
        """Whether that process still runs."""
        stat = _stat(self.pid)
        return stat is not None and stat[0] not in "ZX" and stat[1] == self.started

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if that process still runs."""
        if self.alive:
            os.kill(self.pid, number)

    def write(self, file: Path) -> None:
        """Puts it into `file`, whole or not at all."""
        partial = file.with_name(file.name + ".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(file)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What `file` holds; None where there is no such file or it is none of ours."""
        try:
            return cls(**{name: int(value) for name, value in json.loads(file.read_text()).items()})
        except (OSError, ValueError, TypeError):
            return None


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start time (fields 3 and 22 of proc(5)); None where there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[19])
