"""How far the workers are behind; asking it also shows whether the bus answers."""

import asyncio
from collections.abc import Sequence

from microcoder.bus import Bus, Worker
from microcoder.core.errors import MicrocoderError
from microcoder.telemetry import Metric, Metrics, get_logger
from microcoder.wire import Topic

_LOG = get_logger(__name__)
_ANY_GROUP = "readiness"
"""Asked about where there is no worker."""


class LagProbe:
    """Measures the lag of each worker's group."""

    def __init__(self, bus: Bus, workers: Sequence[Worker], metrics: Metrics, *, interval_s: float) -> None:
        self._bus = bus
        self._workers = workers
        self._metrics = metrics
        self._interval_s = interval_s

    async def check(self) -> None:
        """Asks the bus something small.

        Raises:
            Unavailable: It does not answer.
        """
        if self._workers:
            await self.measure()
        else:
            await self._bus.lag([Topic.PROBLEM_COLLECTED], group=_ANY_GROUP)

    async def measure(self) -> None:
        """Sets the lag gauges anew.

        Raises:
            Unavailable: The bus does not answer.
        """
        for worker in self._workers:
            for where, behind in (await self._bus.lag(worker.topics, group=worker.group)).items():
                self._metrics.set(
                    Metric.BUS_LAG, behind, group=worker.group, topic=where.topic, partition=str(where.partition)
                )

    async def run(self) -> None:
        """Measures until cancelled."""
        while True:
            try:
                await self.measure()
            except MicrocoderError as error:
                _LOG.debug("lag is not known", error=error.message)
            await asyncio.sleep(self._interval_s)
