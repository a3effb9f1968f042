"""Takes in runs that somebody started past the service, with `kubectl apply`, and clears away what has no run."""

from collections.abc import Callable

from microcoder.core.clock import Clock
from microcoder.core.errors import AlreadyExists
from microcoder.core.training import TrainingRun
from microcoder.store.port import OutboxRecord, Repository
from microcoder.telemetry import get_logger
from microcoder.trainer.domain.cluster.adoption import Action, Claim, Decision, decide
from microcoder.trainer.launcher import Launcher
from microcoder.trainer.records import change_run

_LOG = get_logger(__name__)


class Adopter:
    """Brings records in line with objects. The record is written first: after a crash the next round marks the object.

    Args:
        runs: The records.
        launcher: Where the objects are.
        announce: The event of a run's new state, for the outbox.
        clock: The current time.
    """

    def __init__(
        self,
        runs: Repository[TrainingRun],
        launcher: Launcher,
        announce: Callable[[TrainingRun], OutboxRecord],
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._launcher = launcher
        self._announce = announce
        self._clock = clock

    async def round(self) -> None:
        """Looks at all objects once."""
        for claim in self._launcher.claims(self._clock()):
            decision = decide(claim, await self._runs.find(claim.run_id))
            if decision.action is not Action.NOTHING:
                _LOG.info("object of a run", action=decision.action.value, job=claim.job, run_id=claim.run_id)
                await self._act(claim, decision)

    async def _act(self, claim: Claim, decision: Decision) -> None:
        if decision.action is Action.REFUSE:
            await self._launcher.refuse(claim.job, decision.why)
        elif decision.action is Action.REMOVE:
            await self._launcher.remove(claim.job)
        elif decision.record is not None:
            adopted = await self._write(claim, decision.record)
            if adopted is not None:
                await self._launcher.adopt(adopted)

    async def _write(self, claim: Claim, record: TrainingRun) -> TrainingRun | None:
        """The record as it is now; None where somebody else made it meanwhile, which the next round sees."""
        try:
            await self._runs.insert(record, outbox=[self._announce(record)])
        except AlreadyExists:
            return await change_run(
                self._runs, record.id, lambda now: decide(claim, now).record, lambda after: [self._announce(after)]
            )
        return record
