"""Brings what runs in line with what the records say, again and again, whatever happened in between."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from microcoder.core.clock import Clock, utc_now
from microcoder.core.errors import MicrocoderError
from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun
from microcoder.store.port import OutboxRecord, Repository
from microcoder.telemetry import get_logger
from microcoder.trainer.domain.settling import settled
from microcoder.trainer.launcher import Job, Launcher, Life
from microcoder.trainer.records import Change, change_run

_LOG = get_logger(__name__)


class Supervisor:
    """Starts pending runs, follows running ones, settles those whose process ended.

    Args:
        runs: The records.
        launcher: Where processes run.
        announce: The event of a run's new state, for the outbox.
        max_concurrent: Runs at a time.
        poll_s: Pause between two looks, seconds.
        stop_grace_s: How long a process may take to save itself, seconds.
        clock: The current time.
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
    ) -> None:
        self._runs = runs
        self._launcher = launcher
        self._announce = announce
        self._max_concurrent = max_concurrent
        self._poll_s = poll_s
        self._stop_grace_s = stop_grace_s
        self._clock = clock
        self._stopped_at: dict[Job, float] = {}
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Look now: something was asked for."""
        self._wake.set()

    async def run(self) -> None:
        """Reconciles for ever."""
        while True:
            self._wake.clear()
            await self.reconcile()
            try:
                await asyncio.wait_for(self._wake.wait(), self._poll_s)
            except TimeoutError:
                continue

    async def reconcile(self) -> None:
        """One round."""
        running = [run async for run in self._runs.scan({"state": RunState.RUNNING.value})]
        for run in running:
            await self._follow(run)
        free = self._max_concurrent - await self._runs.count({"state": RunState.RUNNING.value})
        if free <= 0:
            return
        pending = [run async for run in self._runs.scan({"state": RunState.PENDING.value})]
        for run in sorted(pending, key=lambda run: (run.created_time, run.id))[:free]:
            await self._begin(run)

    async def _begin(self, run: TrainingRun) -> None:
        """Says that it runs, then starts it: after a crash in between, the next round finds it absent and starts it."""

        def begin(now: TrainingRun) -> TrainingRun | None:
            if now.state is not RunState.PENDING:
                return None
            started = now.started_time or self._clock()
            return replace(now, state=RunState.RUNNING, started_time=started, message="")

        begun = await self._change(run, begin)
        if begun:
            await self._follow(begun)

    async def _follow(self, run: TrainingRun) -> None:
        job = Job(run_id=run.id, attempt=run.attempt)
        condition = await self._launcher.look(job)
        if condition.life is Life.ABSENT:
            await self._launch(run, job)
        elif condition.outcome is not None:
            self._stopped_at.pop(job, None)
            outcome = condition.outcome
            await self._change(run, lambda now: settled(now, outcome, self._clock()))
        elif run.cancel_requested:
            await self._stop(job)

    async def _launch(self, run: TrainingRun, job: Job) -> None:
        try:
            await self._launcher.launch(job)
        except MicrocoderError as error:
            message = error.message

            def fail(now: TrainingRun) -> TrainingRun:
                return replace(now, state=RunState.FAILED, message=message, finished_time=self._clock())

            await self._change(run, fail)

    async def _stop(self, job: Job) -> None:
        asked = self._stopped_at.get(job)
        if asked is None:
            self._stopped_at[job] = time.monotonic()
            await self._launcher.stop(job)
        elif time.monotonic() - asked > self._stop_grace_s:
            _LOG.warning("training process did not save itself in time, killed", run_id=job.run_id)
            await self._launcher.kill(job)

    async def _change(self, run: TrainingRun, change: Change) -> TrainingRun | None:
        changed = await change_run(self._runs, run.id, change, self._events)
        if changed:
            _LOG.info(
                "training run", run_id=run.id, state=changed.state.value, attempt=changed.attempt, note=changed.message
            )
        return changed

    def _events(self, run: TrainingRun) -> Sequence[OutboxRecord]:
        return [self._announce(run)]
