"""Where the processes of one attempt of a run stand, whatever they run on."""

from dataclasses import dataclass
from enum import StrEnum

from microcoder.core.training import TrainingPhase


class Life(StrEnum):
    """Where they stand, as far as the run's state goes."""

    ABSENT = "absent"
    """They were never started."""
    ALIVE = "alive"
    """They run, or will; `phase` says which."""
    SUCCEEDED = "succeeded"
    """They ended with a trained model."""
    FAILED = "failed"
    """They ended without, and nothing starts them again."""
    PREEMPTED = "preempted"
    """They saved themselves and ended; the service has to start them again."""
    REMOVED = "removed"
    """Somebody took them away, which is a wish to cancel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is known of one attempt."""

    life: Life
    """Where it stands."""
    phase: TrainingPhase = TrainingPhase.RUNNING
    """The same, finer, while it is alive."""
    reason: str = ""
    """One word for programs, in Kubernetes' terms; empty where there is nothing to explain."""
    message: str = ""
    """Why it waits, how it ended; for people."""
    job: str = ""
    """Name of its Job or JobSet; empty where it has none."""
