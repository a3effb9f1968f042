"""The runs as metrics: how many there are in each state, and what those that train are rewarded with."""

import asyncio

from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun
from microcoder.store import Repository
from microcoder.telemetry import Metric, Metrics

_MOST_RUNS = 200
"""Running runs whose reward is shown: each is a series of its own."""


class Gauges:
    """Reads the records now and then; the training processes themselves are gone before anybody scrapes them."""

    def __init__(self, runs: Repository[TrainingRun], metrics: Metrics, *, interval_s: float = 15.0) -> None:
        self._runs = runs
        self._metrics = metrics
        self._interval_s = interval_s

    async def run(self) -> None:
        """Measures until cancelled."""
        while True:
            await self.measure()
            await asyncio.sleep(self._interval_s)

    async def measure(self) -> None:
        """Sets the gauges anew. Runs that have ended have no reward any more.

        Raises:
            Unavailable: The store does not answer.
        """
        for state in RunState:
            count = await self._runs.count({"state": state.value})
            self._metrics.set(Metric.TRAINING_RUNS, count, state=state.value)
        running = await self._runs.page(page_size=_MOST_RUNS, where={"state": RunState.RUNNING.value})
        self._metrics.clear(Metric.TRAINING_REWARD)
        for run in running.items:
            if run.mean_reward is not None:
                self._metrics.set(Metric.TRAINING_REWARD, run.mean_reward, run_id=run.id)
