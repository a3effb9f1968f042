"""The side of a worker that faces the bus: taking, pausing, holding back, committing."""

import heapq
import itertools
import logging
import time
from collections.abc import Iterable

from microcoder.bus.port import Consumer, Message, TopicPartition
from microcoder.bus.worker.delivery import Delivery
from microcoder.bus.worker.lanes import Lanes
from microcoder.bus.worker.policy import WorkerPolicy
from microcoder.bus.worker.watermark import Watermark

_log = logging.getLogger(__name__)


class Intake:
    """One watermark per assigned partition, and the records that wait for their time."""

    def __init__(self, consumer: Consumer, lanes: Lanes, policy: WorkerPolicy) -> None:
        self._consumer = consumer
        self._lanes = lanes
        self._policy = policy
        self._low = policy.max_buffered // 2
        self._watermarks: dict[TopicPartition, Watermark] = {}
        self._paused: set[TopicPartition] = set()
        self._waiting: list[tuple[int, int, Delivery]] = []
        self._order = itertools.count()
        self._next_commit = time.monotonic() + policy.commit_every_s

    @property
    def partitions(self) -> int:
        """Partitions that are assigned."""
        return len(self._watermarks)

    @property
    def paused(self) -> int:
        """Partitions that are full."""
        return len(self._paused)

    @property
    def backlogged(self) -> bool:
        """Whether a full partition gets room as soon as handlers end, and not only when the time of records comes."""
        return any(self._watermarks[partition].held <= self._low for partition in self._paused)

    @property
    def buffered(self) -> int:
        """Records that were taken and are not finished."""
        return sum(watermark.open for watermark in self._watermarks.values())

    def lost(self) -> list[TopicPartition]:
        """Partitions that are not assigned any more and not dropped yet."""
        return list(self._watermarks.keys() - self._consumer.assignment())

    def follow(self) -> bool:
        """Takes up newly assigned partitions; True if there were any."""
        new = self._consumer.assignment() - self._watermarks.keys()
        self._watermarks.update((partition, Watermark()) for partition in new)
        return bool(new)

    def withdraw(self, partitions: Iterable[TopicPartition]) -> None:
        """Forgets what is queued of `partitions`; what runs goes on."""
        gone = {self._watermarks[partition] for partition in partitions}
        self._lanes.drop(lambda delivery: delivery.watermark in gone)
        self._waiting = [item for item in self._waiting if item[2].watermark not in gone]
        heapq.heapify(self._waiting)

    def any_running(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether a handler runs for a record of `partitions`."""
        those = {self._watermarks[partition] for partition in partitions}
        return any(delivery.watermark in those for delivery in self._lanes.in_flight)

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Ends the account of `partitions`: whatever still runs of them counts no more."""
        for partition in partitions:
            self._watermarks.pop(partition).void = True
            self._paused.discard(partition)

    def take(self, messages: Iterable[Message]) -> None:
        """Queues `messages`, or keeps them until they are due."""
        for message in messages:
            watermark = self._watermark_for(message)
            watermark.take(message.offset)
            watermark.held += 1
            delivery = Delivery(message, watermark)
            heapq.heappush(self._waiting, (delivery.not_before_ms, next(self._order), delivery))
        self.release_due()

    def release_due(self) -> None:
        """Queues the records whose time has come."""
        now_ms = time.time_ns() // 1_000_000
        while self._waiting and self._waiting[0][0] <= now_ms:
            delivery = heapq.heappop(self._waiting)[2]
            delivery.watermark.held -= 1
            self._lanes.add(delivery)

    def balance(self) -> bool:
        """Pauses the partitions that are full and resumes those that are half empty; True if any was resumed."""
        roomy = [p for p in self._paused if self._watermarks[p].open <= self._low]
        self._paused.difference_update(roomy)
        if roomy:
            self._consumer.resume(roomy)
        full = [p for p, watermark in self._watermarks.items() if watermark.open >= self._policy.max_buffered]
        self._paused.update(full)
        if self._paused:
            # All of them each time: a partition that was lost and came back arrives unpaused.
            self._consumer.pause(sorted(self._paused))
        return bool(roomy)

    def commit_is_due(self) -> bool:
        """Whether enough is finished or enough time has passed since the last commit."""
        finished = sum(watermark.unreported for watermark in self._watermarks.values())
        return finished >= self._policy.commit_every_records or (finished > 0 and time.monotonic() >= self._next_commit)

    async def commit(self, partitions: Iterable[TopicPartition] | None = None) -> None:
        """Commits what is finished of `partitions`, or of all.

        Raises:
            Unavailable: Not committed.
        """
        moved = {p: self._watermarks[p] for p in (self._watermarks if partitions is None else partitions)}
        offsets = {
            partition: watermark.committable
            for partition, watermark in moved.items()
            if watermark.unreported and watermark.committable is not None
        }
        counts = {partition: moved[partition].unreported for partition in offsets}
        self._next_commit = time.monotonic() + self._policy.commit_every_s
        if offsets:
            await self._consumer.commit(offsets)
        for partition, count in counts.items():
            moved[partition].unreported -= count

    def _watermark_for(self, message: Message) -> Watermark:
        watermark = self._watermarks.setdefault(message.source, Watermark())
        if watermark.repeats(message.offset):
            _log.warning("%s:%d starts again at offset %d", message.topic, message.partition, message.offset)
            self.withdraw([message.source])
            self.drop([message.source])
            watermark = self._watermarks[message.source] = Watermark()
        return watermark
