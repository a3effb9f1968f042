"""What lies where in the folder of a run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run, beside whose `checkpoint-<step>` folders these lie."""

    path: Path

    @property
    def final(self) -> Path:
        """Folder of the trained model, with its tokenizer."""
        return self.path / "final"

    @property
    def logs(self) -> Path:
        """Folder of the processes' output."""
        return self.path / "logs"

    @property
    def process(self) -> Path:
        """Which process works on it, see `ProcessMark`."""
        return self.path / "process.json"

    @property
    def lock(self) -> Path:
        """Held by the process that works on it."""
        return self.path / "lock"

    def log(self, attempt: int) -> Path:
        """Output of one attempt's process."""
        return self.logs / f"attempt-{attempt}.log"

    def outcome(self, attempt: int) -> Path:
        """How one attempt ended, see `Outcome`."""
        return self.path / f"outcome-{attempt}.json"
