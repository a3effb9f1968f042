"""Brings what runs in line with what the records say, again and again, whatever happened in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from microcoder.core.clock import Clock, utc_now
from microcoder.core.errors import MicrocoderError
from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase, TrainingRun
from microcoder.store.port import OutboxRecord, Repository
from microcoder.telemetry import get_logger
from microcoder.trainer.adopter import Adopter
from microcoder.trainer.domain.condition import Life
from microcoder.trainer.domain.settling import followed
from microcoder.trainer.launcher import Launcher
from microcoder.trainer.records import Change, change_run

_LOG = get_logger(__name__)

T = TypeVar("T")
_ACTIVE = (RunState.PENDING.value, RunState.RUNNING.value)


class Supervisor:
    """Starts pending runs, follows running ones, settles those that ended, takes in those that others started.

    Args:
        runs: The records.
        launcher: Where processes run.
        announce: The event of a run's new state, for the outbox.
        max_concurrent: Runs at a time; beyond it they are not handed to the launcher.
        poll_s: Pause between two looks, seconds.
        stop_grace_s: How long a process may take to save itself, seconds.
        clock: The current time.
        wake: Set by others to have it look now.
    """

    def __init__(
        self,
        runs: Repository[TrainingRun],
        launcher: Launcher,
        announce: Callable[[TrainingRun], OutboxRecord],
        *,
        max_concurrent: int,
        poll_s: float,
        stop_grace_s: float,
        clock: Clock = utc_now,
        wake: asyncio.Event | None = None,
    ) -> None:
        self._runs = runs
        self._launcher = launcher
        self._announce = announce
        self._max_concurrent = max_concurrent
        self._poll_s = poll_s
        self._stop_grace_s = stop_grace_s
        self._clock = clock
        self._adopter = Adopter(runs, launcher, announce, clock)
        self._stopped_at: dict[tuple[str, int], float] = {}
        self._troubles: dict[str, str] = {}
        self._wake = wake or asyncio.Event()

    def nudge(self) -> None:
        """Look now: something was asked for."""
        self._wake.set()

    async def run(self) -> None:
        """Reconciles for ever."""
        while True:
            self._wake.clear()
            await self.reconcile()
            # Not wait_for: Python 3.11's loses a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()

    async def reconcile(self) -> None:
        """One round."""
        await self._patiently("adopting", self._adopter.round)
        active = [run async for run in self._runs.scan({"state": list(_ACTIVE)})]
        waiting = [run for run in active if await self._patiently(run.id, lambda run=run: self._follow(run))]  # type: ignore[misc]
        free = self._max_concurrent - sum(run.state is RunState.RUNNING for run in active)
        for run in sorted(waiting, key=lambda run: (run.created_time, run.id))[: max(free, 0)]:
            await self._patiently(run.id, lambda run=run: self._launch(run))  # type: ignore[misc]

    async def _follow(self, run: TrainingRun) -> bool:
        """Brings the record in line with its processes. True where the run waits for being started."""
        condition = await self._launcher.look(run)
        if condition.life is Life.ABSENT:
            if run.state is RunState.PENDING:
                return True
            await self._launch(run)  # the service ended between saying that it runs and starting it
            return False
        changed = await self._change(run, lambda now: followed(now, condition, self._clock()))
        now = changed or run
        if now.state.ended:
            self._stopped_at.pop(_key(run), None)
        elif now.cancel_requested:
            await self._stop(now)
        await self._launcher.show(now)
        return False

    async def _launch(self, run: TrainingRun) -> None:
        try:
            job = await self._launcher.launch(run)
        except MicrocoderError as error:
            if error.retryable:
                raise
            message, reason = error.message, error.reason

            def fail(now: TrainingRun) -> TrainingRun | None:
                failed = replace(now, state=RunState.FAILED, phase=TrainingPhase.FAILED, finished_time=self._clock())
                return None if now.state.ended else replace(failed, message=message, reason=reason)

            await self._change(run, fail)
            return
        launched = await self._change(run, lambda now: None if now.job == job else replace(now, job=job))
        await self._follow(launched or run)

    async def _stop(self, run: TrainingRun) -> None:
        asked = self._stopped_at.get(_key(run))
        if asked is None:
            self._stopped_at[_key(run)] = time.monotonic()
            await self._launcher.stop(run)
        elif time.monotonic() - asked > self._stop_grace_s:
            _LOG.warning("training process did not save itself in time, killed", run_id=run.id)
            await self._launcher.kill(run)

    async def _patiently(self, what: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """What `work` gives; None where the launcher or the store does not answer now, which changes no record."""
        try:
            done = await work()
        except MicrocoderError as error:
            if not error.retryable:
                raise
            if self._troubles.get(what) != error.message:
                _LOG.warning("no answer, trying again", about=what, error=error.message)
            self._troubles[what] = error.message
            return None
        self._troubles.pop(what, None)
        return done

    async def _change(self, run: TrainingRun, change: Change) -> TrainingRun | None:
        changed = await change_run(self._runs, run.id, change, lambda after: self._events(run, after))
        if changed:
            _LOG.info(
                "training run",
                run_id=run.id,
                state=changed.state.value,
                phase=changed.phase.value,
                attempt=changed.attempt,
                note=changed.message,
            )
        return changed

    def _events(self, before: TrainingRun, after: TrainingRun) -> Sequence[OutboxRecord]:
        """Others are told of states, not of every phase."""
        return [] if (before.state, before.attempt) == (after.state, after.attempt) else [self._announce(after)]


def _key(run: TrainingRun) -> tuple[str, int]:
    return run.id, run.attempt
