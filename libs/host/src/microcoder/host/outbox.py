"""Sends what was written to outboxes. At least once: a crash between sending and clearing sends again."""

import asyncio
from collections.abc import Sequence
from typing import Any

from microcoder.bus import Bus, Record
from microcoder.core.errors import MicrocoderError
from microcoder.store import OutboxRecord, Repository
from microcoder.telemetry import Metric, Metrics, get_logger

_LOG = get_logger(__name__)

_BATCH = 100
_FASTEST_S = 0.05
"""Pause after something was sent: more tends to follow."""
_LONGEST_BACKOFF_S = 5.0

Pending = tuple[str, tuple[OutboxRecord, ...]]


class OutboxRelay:
    """Looks for unsent records, sends them in order, clears them."""

    def __init__(
        self, repositories: Sequence[Repository[Any]], bus: Bus, metrics: Metrics, *, interval_s: float
    ) -> None:
        self._repositories = repositories
        self._bus = bus
        self._metrics = metrics
        self._interval_s = interval_s

    async def run(self) -> None:
        """Relays until cancelled. The store or the bus being away is waited for."""
        pause = self._interval_s
        while True:
            try:
                sent = await self.flush()
            except MicrocoderError as error:
                self._metrics.count(Metric.OUTBOX_FAILURES)
                _LOG.warning("outbox not sent, trying again", reason=error.reason, error=str(error))
                pause = min(max(pause, self._interval_s) * 2, _LONGEST_BACKOFF_S)
            else:
                pause = _FASTEST_S if sent else min(pause * 2, self._interval_s)
            await asyncio.sleep(pause)

    async def flush(self) -> int:
        """Sends all that is there now.

        Returns:
            How many records were sent.

        Raises:
            MicrocoderError: The store or the bus does not take part, or a record cannot be sent; others were sent.
        """
        return sum([await self._flush_one(repository) for repository in self._repositories])

    async def _flush_one(self, repository: Repository[Any]) -> int:
        sent = 0
        while True:
            pending = await repository.pending_outbox(limit=_BATCH)
            sent += await self._send(repository, pending)
            if len(pending) < _BATCH:
                return sent

    async def _send(self, repository: Repository[Any], pending: Sequence[Pending]) -> int:
        """All in one go; where the bus refuses one of them, one by one, so that it holds up nobody."""
        if not pending:
            return 0
        try:
            return await self._produce(repository, pending)
        except MicrocoderError as error:
            if error.retryable or len(pending) == 1:
                raise
        refused: MicrocoderError | None = None
        sent = 0
        for item in pending:
            try:
                sent += await self._produce(repository, [item])
            except MicrocoderError as error:
                _LOG.error("outbox record cannot be sent", record_id=item[0], reason=error.reason, error=str(error))
                refused = error
        if refused is not None:
            raise refused
        return sent

    async def _produce(self, repository: Repository[Any], pending: Sequence[Pending]) -> int:
        records = [Record(topic=r.topic, key=r.key, value=r.value) for _, unsent in pending for r in unsent]
        await self._bus.produce(records)
        for record_id, sent in pending:
            await repository.clear_outbox(record_id, sent)
        for record in records:
            self._metrics.count(Metric.OUTBOX_SENT, topic=record.topic)
        return len(records)
