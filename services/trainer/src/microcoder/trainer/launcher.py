"""Where training processes run, as the service sees it. All have one entry point, `microcoder.trainer.train`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from microcoder.core.training import Placement, TrainingRun, TrainingSpec
from microcoder.trainer.domain.cluster.adoption import Claim
from microcoder.trainer.domain.condition import Condition


class Launcher(Protocol):
    """Starts, watches and stops training processes. What it knows outlives the service: a new one takes over.

    Where the place that they run in does not answer, every method raises `Unavailable`; then nothing is known, and
    nothing must be concluded.
    """

    def wrong_fields(self, spec: TrainingSpec, placement: Placement) -> Mapping[str, str]:
        """What cannot work where the processes run, by field; empty where nothing is known to be wrong."""

    async def launch(self, run: TrainingRun) -> str:
        """Starts the processes of the run's attempt; nothing where they were started before.

        Returns:
            Name of their Job or JobSet, empty where there is none.

        Raises:
            FailedPrecondition: They cannot be started; the message says what to do.
        """

    async def look(self, run: TrainingRun) -> Condition:
        """Where the processes of the run's attempt stand."""

    async def stop(self, run: TrainingRun) -> None:
        """Asks the processes to save a checkpoint and end. Nothing where they have ended."""

    async def kill(self, run: TrainingRun) -> None:
        """Ends the processes at once. Nothing where they have ended."""

    async def show(self, run: TrainingRun) -> None:
        """Shows progress and phase where people look at the processes."""

    def claims(self, now: datetime) -> Sequence[Claim]:
        """Objects that belong to runs, also to those that the service does not know yet."""

    async def adopt(self, run: TrainingRun) -> None:
        """Marks the object `run.job` with the run's attempt."""

    async def refuse(self, job: str, why: str) -> None:
        """Keeps an object from running and writes on it why."""

    async def remove(self, job: str) -> None:
        """Deletes an object."""

    async def close(self) -> None:
        """The service ends. What cannot go on without it is asked to save and end; it goes on with the next service."""
