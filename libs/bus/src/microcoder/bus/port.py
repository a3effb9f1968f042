"""The port that both buses fill: Kafka, and a durable log in one SQLite file.

Shaped after Kafka: a topic has partitions, records with equal keys keep their order inside one, a group's members
share the partitions, and a commit says up to where a group has come. At least once: what was polled and not committed
comes again after a crash or a rebalance.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is sent."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is received."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    timestamp: datetime

    @property
    def source(self) -> TopicPartition:
        """The partition that it lies in."""
        return TopicPartition(self.topic, self.partition)


class Consumer(Protocol):
    """One member of a group. Used by one task at a time."""

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Message]:
        """The next records of the assigned, unpaused partitions, in order per partition; empty after `timeout_s`.

        Also the heartbeat of the membership: call it at least every few seconds, paused or not.

        Raises:
            Unavailable: The bus does not answer; poll again later.
        """

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that this member has now. May change in every `poll`."""

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """Gives no records of `partitions` until `resume`, without leaving the group."""

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """Ends `pause`. Partitions that are not paused are ignored."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Says that all records before each offset are done. Partitions that this member lost are ignored.

        A partition that left the assignment in the last `poll` can be committed until the next one, so that its new
        owner does not repeat what was finished.

        Raises:
            Unavailable: Not committed; the records come again if this member ends now.
        """

    async def close(self) -> None:
        """Leaves the group at once, so that others take over without waiting."""


class Bus(Protocol):
    """A connection to the bus."""

    async def produce(self, records: Sequence[Record]) -> None:
        """Sends `records` and returns when all are durable. Repeating it after an error may send some twice.

        Raises:
            Unavailable: Not known to be durable.
            InvalidArgument: A record is larger than the bus takes.
            NotFound: A topic does not exist.
        """

    async def consumer(self, topics: Sequence[str], *, group: str) -> Consumer:
        """Joins `group` on `topics`. A new group starts at the oldest record.

        Raises:
            NotFound: A topic does not exist.
            Unavailable: The bus does not answer.
        """

    def read(self, topic: str) -> AsyncIterator[Message]:
        """All records of `topic` that are there now, partition by partition, without any group.

        Raises:
            NotFound: The topic does not exist.
            Unavailable: The bus does not answer.
        """

    async def ensure_topics(self, topics: Sequence[str], *, partitions: int) -> None:
        """Creates the topics that do not exist yet. Existing ones keep their partitions."""

    async def lag(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        """Records that `group` has not committed yet, per partition.

        Raises:
            NotFound: A topic does not exist.
            Unavailable: The bus does not answer.
        """

    async def close(self) -> None:
        """Sends what is buffered and closes all connections."""
