"""Where training processes run, as the service sees it. All have one entry point, `microcoder.trainer.train`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from microcoder.core.training import TrainingSpec
from microcoder.trainer.domain.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt of one run: the unit that is started and stopped."""

    run_id: str
    """The run."""
    attempt: int
    """Its attempt, from 1; later ones resume."""


class Life(StrEnum):
    """Where a job's process stands."""

    ABSENT = "absent"
    """It was never started."""
    RUNNING = "running"
    """It runs, or is about to."""
    ENDED = "ended"
    """It ended, by itself or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is known of a job's process."""

    life: Life
    """Where it stands."""
    outcome: Outcome | None = None
    """How it ended, where it did."""


class Launcher(Protocol):
    """Starts, watches and stops training processes. What it knows outlives the service: a new one takes over."""

    def wrong_fields(self, spec: TrainingSpec) -> Mapping[str, str]:
        """What of `spec` cannot work where the processes run, by field; empty where nothing is known to be wrong."""

    async def launch(self, job: Job) -> None:
        """Starts the process of `job`; nothing where it was started before.

        Raises:
            FailedPrecondition: It cannot be started; the message says what to do.
        """

    async def look(self, job: Job) -> Condition:
        """Where the process of `job` stands."""

    async def stop(self, job: Job) -> None:
        """Asks the process to save a checkpoint and end. Nothing where it has ended."""

    async def kill(self, job: Job) -> None:
        """Ends the process at once. Nothing where it has ended."""

    async def close(self) -> None:
        """The service ends. What cannot go on without it is asked to save and end; it goes on with the next service."""
