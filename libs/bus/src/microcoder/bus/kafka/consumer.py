"""A member of a group on Kafka."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from kafka import errors
from kafka.structs import OffsetAndMetadata

from microcoder.bus.kafka.buffer import Buffer
from microcoder.bus.kafka.client import RawConsumer, as_raw, make_consumer
from microcoder.bus.kafka.records import messages_of
from microcoder.bus.kafka.thread import ClientThread
from microcoder.bus.port import Message, TopicPartition
from microcoder.bus.settings import KafkaSettings

_log = logging.getLogger(__name__)

_WHOLE_FETCH = 1_000_000
"""More records than a fetch holds; see `Buffer`."""
_FETCH_BELOW = 500
"""While fewer records of a partition are buffered, the next fetch of it (up to 1 MiB) is under way."""
_Polled = tuple[list[Message], frozenset[TopicPartition]]


class KafkaGroupConsumer:
    """See `microcoder.bus.Consumer`. All calls of kafka-python's consumer are made in one thread.

    Rebalances are cooperative: a partition that stays keeps its position, and the records of it that are being
    handled stay with this member. Heartbeats are kafka-python's own, in the background.
    """

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._thread = ClientThread(settings.bootstrap_servers, f"kafka-{group}")
        self._consumer: RawConsumer | None = None
        self._polling: Future[_Polled] | None = None
        self._assignment: frozenset[TopicPartition] = frozenset()
        self._committable: frozenset[TopicPartition] = frozenset()
        self._paused: frozenset[TopicPartition] = frozenset()
        self._buffer = Buffer()

    async def join(self, topics: Sequence[str]) -> None:
        """Subscribes; the first polls join the group.

        Raises:
            Unavailable: No broker answers.
        """
        self._consumer = await self._thread.run(lambda: make_consumer(self._settings, group=self._group))
        consumer = self._consumer
        await self._thread.run(lambda: _subscribe(consumer, topics))

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Message]:
        """See `Consumer.poll`."""
        # A poll moves kafka-python's position when it runs. If its caller was cancelled, its records are here still.
        if self._polling is None:
            self._polling = self._thread.submit(lambda: self._poll(max_records, timeout_s))
        try:
            messages, assignment = await asyncio.shield(asyncio.wrap_future(self._polling))
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._polling = None
            raise
        self._polling = None
        # What was given up in this poll has no new owner before the next one in most cases, and what was finished of
        # it may be committed until then; at worst, its new owner repeats it all the same.
        self._committable = self._assignment | assignment
        self._assignment = assignment
        return messages

    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return self._assignment

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        self._paused |= frozenset(partitions)

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        self._paused -= frozenset(partitions)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`."""
        mine = {partition: offset for partition, offset in offsets.items() if partition in self._committable}
        if mine:
            await self._thread.run(lambda: self._commit(mine))

    async def close(self) -> None:
        """See `Consumer.close`."""
        consumer, self._consumer = self._consumer, None
        self._assignment = frozenset()
        try:
            if consumer is not None:
                timeout_ms = int(self._settings.request_timeout_s * 1000)
                await self._thread.run(lambda: consumer.close(autocommit=False, timeout_ms=timeout_ms))
        finally:
            self._thread.stop()

    def _open(self) -> RawConsumer:
        if self._consumer is None:
            raise errors.IllegalStateError("the consumer is closed")
        return self._consumer

    def _poll(self, max_records: int, timeout_s: float) -> _Polled:
        consumer = self._open()
        self._apply_pauses(consumer)
        # Polled even where enough is buffered: only here does the consumer follow its group.
        enough = self._buffer.partitions() - self._paused
        records = consumer.poll(timeout_ms=0 if enough else int(timeout_s * 1000), max_records=_WHOLE_FETCH)
        assignment = frozenset(TopicPartition(*partition) for partition in consumer.assignment())
        self._buffer.add(messages_of(records))
        self._buffer.keep(assignment)
        return self._buffer.take(max_records, without=self._paused), assignment

    def _apply_pauses(self, consumer: RawConsumer) -> None:
        """Makes pauses true, also for partitions that came since, and stops the fetching of what there is enough of."""
        assigned, paused = consumer.assignment(), consumer.paused()
        stopped = self._paused | self._buffer.partitions(at_least=_FETCH_BELOW)
        wanted = {partition for partition in assigned if partition in stopped}
        consumer.pause(*(wanted - paused))
        consumer.resume(*(partition for partition in paused - wanted if partition in assigned))

    def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        payload = {as_raw(partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
        timeout_ms = int(self._settings.request_timeout_s * 1000)
        self._open().commit(payload, timeout_ms=timeout_ms)


def _subscribe(consumer: RawConsumer, topics: Sequence[str]) -> None:
    consumer.subscribe(topics)
    for topic in topics:
        # Brings the topic's metadata: a member that leads its group's first round without it would assign nothing.
        consumer.partitions_for_topic(topic)
