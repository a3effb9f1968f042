"""Long work: a state that can be watched."""

from dataclasses import dataclass
from enum import StrEnum


class RunState(StrEnum):
    """Where a piece of long work stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True where it will not change any more."""
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a piece of long work is."""

    done: int = 0
    """Units done."""
    total: int = 0
    """Units in all, 0 where not known yet."""
    unit: str = ""
    """What is counted, plural: `problems`, `steps`."""
    message: str = ""
    """What is going on, one line."""
