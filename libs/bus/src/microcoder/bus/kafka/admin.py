"""Topics and offsets."""

from collections.abc import Mapping, Sequence

from kafka import errors

from microcoder.bus.kafka.client import RawAdmin, make_admin
from microcoder.bus.kafka.thread import ClientThread
from microcoder.bus.port import TopicPartition
from microcoder.bus.settings import KafkaSettings
from microcoder.core.errors import NotFound

_LATEST, _EARLIEST = -1, -2
"""Kafka's names for a log's end and its beginning."""
_METADATA_TIMEOUT_MS = 15_000


class Admin:
    """Calls of the admin client, in its thread. A client that failed is replaced at the next call."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._thread = ClientThread(settings.bootstrap_servers, "kafka-admin")
        self._client: RawAdmin | None = None
        self._known: set[str] = set()

    async def require_topics(self, topics: Sequence[str]) -> None:
        """Makes sure that `topics` exist, before a client waits for one that does not.

        Raises:
            NotFound: One does not.
        """
        unknown = sorted(set(topics) - self._known)
        if not unknown:
            return
        partitions = await self._thread.run(lambda: self._partitions(unknown))
        missing = [topic for topic in unknown if not partitions.get(topic)]
        if missing:
            raise NotFound(
                f"the topics {', '.join(missing)} do not exist on Kafka at {self._settings.bootstrap_servers}; "
                "create them with ensure_topics"
            )
        self._known.update(unknown)

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of `topic`.

        Raises:
            NotFound: It does not exist.
        """
        await self.require_topics([topic])
        found = await self._thread.run(lambda: self._partitions([topic]))
        return found[topic]

    async def create_topics(self, topics: Sequence[str], *, partitions: int) -> None:
        """Creates those of `topics` that do not exist, and waits until they can be used."""
        await self._thread.run(lambda: self._create(topics, partitions))

    async def lag(self, topics: Sequence[str], group: str) -> Mapping[TopicPartition, int]:
        """Records that `group` has not committed, per partition; those that the broker deleted do not count."""
        await self.require_topics(topics)
        return await self._thread.run(lambda: self._lag(topics, group))

    async def ends(self, topic: str) -> dict[TopicPartition, tuple[int, int]]:
        """Per partition of `topic` the offsets of its oldest and of its next record."""
        partitions = await self.partitions(topic)
        return await self._thread.run(lambda: self._ends(partitions))

    async def open(self) -> None:
        """Makes the first contact.

        Raises:
            Unavailable: No broker answers.
        """
        await self._thread.run(self._admin)

    async def close(self) -> None:
        """Closes the client."""
        await self._thread.run(self._discard)
        self._thread.stop()

    def _admin(self) -> RawAdmin:
        if self._client is None:
            self._client = make_admin(self._settings)
        return self._client

    def _discard(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _partitions(self, topics: Sequence[str]) -> dict[str, list[TopicPartition]]:
        found: dict[str, list[TopicPartition]] = {}
        for topic in self._admin().describe_topics(topics):
            error = errors.for_code(topic["error_code"])
            if error is errors.NoError:
                numbers = sorted(partition["partition_index"] for partition in topic["partitions"])
                found[topic["name"]] = [TopicPartition(topic["name"], number) for number in numbers]
            elif error is not errors.UnknownTopicOrPartitionError:
                raise error(topic["name"])
        return found

    def _create(self, topics: Sequence[str], partitions: int) -> None:
        existing = self._partitions(topics)
        wanted = {"num_partitions": partitions, "replication_factor": self._settings.replication_factor}
        new = {topic: wanted for topic in topics if topic not in existing}
        if not new:
            return
        for created in self._admin().create_topics(new, raise_errors=False)["topics"]:
            error = errors.for_code(created["error_code"])
            if error not in (errors.NoError, errors.TopicAlreadyExistsError):
                raise error(f"{created['name']}: {created.get('error_message') or ''}")
        self._admin().wait_for_topics(list(new), timeout_ms=_METADATA_TIMEOUT_MS)

    def _lag(self, topics: Sequence[str], group: str) -> dict[TopicPartition, int]:
        found = self._partitions(topics)
        ends = self._ends([partition for topic in topics for partition in found[topic]])
        committed = self._admin().list_group_offsets({group: None})[group]
        offsets = {TopicPartition(*partition): entry.offset for partition, entry in committed.items()}
        return {partition: end - max(offsets.get(partition, 0), start) for partition, (start, end) in ends.items()}

    def _ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        starts = self._admin().list_partition_offsets(dict.fromkeys(partitions, _EARLIEST))
        ends = self._admin().list_partition_offsets(dict.fromkeys(partitions, _LATEST))
        return {partition: (starts[partition].offset, ends[partition].offset) for partition in partitions}
