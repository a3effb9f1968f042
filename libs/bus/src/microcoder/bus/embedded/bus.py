"""The port on one SQLite file."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from microcoder.bus.batching import Batcher, Batches, Results
from microcoder.bus.embedded import log
from microcoder.bus.embedded.consumer import EmbeddedConsumer
from microcoder.bus.embedded.thread import DatabaseThread
from microcoder.bus.limits import check_record
from microcoder.bus.port import Consumer, Message, Record, TopicPartition
from microcoder.core.errors import MicrocoderError

_log = logging.getLogger(__name__)
_PAGE = 500
_TRIM_EVERY_S = 3600.0


class EmbeddedBus:
    """See `microcoder.bus.Bus`. Calls of `produce` that wait at the same time share one flush to the disk."""

    def __init__(self, path: Path, *, session_timeout_s: float, retention_s: float) -> None:
        self._path = path
        self._session_timeout_s = session_timeout_s
        self._retention_s = retention_s
        self._thread = DatabaseThread(path, synchronous="FULL", name="bus-log")
        self._batcher = Batcher(self._append)
        self._next_trim = 0.0

    async def produce(self, records: Sequence[Record]) -> None:
        """See `Bus.produce`."""
        for record in records:
            check_record(record)
        if records:
            await self._batcher.put(records)

    async def consumer(self, topics: Sequence[str], *, group: str) -> Consumer:
        """See `Bus.consumer`."""
        consumer = await asyncio.to_thread(
            EmbeddedConsumer, self._path, topics, group=group, session_timeout_s=self._session_timeout_s
        )
        try:
            await consumer.join()
        except BaseException:
            await consumer.close()
            raise
        return consumer

    async def read(self, topic: str) -> AsyncIterator[Message]:
        """See `Bus.read`."""
        for number, (partition_id, end) in enumerate(await self._thread.run(partial(log.ends, topic=topic))):
            source, start = TopicPartition(topic, number), 0
            while True:
                page = partial(log.fetch, partition_id=partition_id, source=source, start=start, end=end, limit=_PAGE)
                messages = await self._thread.run(page)
                for message in messages:
                    yield message
                if not messages:
                    break
                start = messages[-1].offset + 1

    async def ensure_topics(self, topics: Sequence[str], *, partitions: int) -> None:
        """See `Bus.ensure_topics`."""
        await self._thread.run(partial(log.create_topics, topics=topics, partitions=partitions))

    async def lag(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        """See `Bus.lag`."""
        return await self._thread.run(partial(log.lag, topics=topics, group=group))

    async def close(self) -> None:
        """See `Bus.close`."""
        await self._batcher.close()
        await self._thread.stop()

    async def _append(self, batches: Batches) -> Results:
        results = await self._thread.run(partial(log.append, batches=batches, time_ms=time.time_ns() // 1_000_000))
        await self._trim()
        return results

    async def _trim(self) -> None:
        now = time.monotonic()
        if now < self._next_trim:
            return
        self._next_trim = now + _TRIM_EVERY_S
        before_ms = int((time.time() - self._retention_s) * 1000)
        try:
            deleted = await self._thread.run(partial(log.trim, before_ms=before_ms))
        except MicrocoderError as error:
            _log.warning("old records were not deleted: %s", error)
        else:
            _log.info("deleted %d old records", deleted)
