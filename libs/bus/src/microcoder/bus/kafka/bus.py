"""The port on Kafka."""

from collections.abc import AsyncIterator, Mapping, Sequence

from microcoder.bus.batching import Batcher
from microcoder.bus.kafka.admin import Admin
from microcoder.bus.kafka.consumer import KafkaGroupConsumer
from microcoder.bus.kafka.producer import Producer
from microcoder.bus.kafka.reader import read_all
from microcoder.bus.limits import check_record
from microcoder.bus.port import Consumer, Message, Record, TopicPartition
from microcoder.bus.settings import KafkaSettings


class KafkaBus:
    """See `microcoder.bus.Bus`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = Admin(settings)
        self._producer = Producer(settings)
        self._batcher = Batcher(self._producer.send)

    @classmethod
    async def open(cls, settings: KafkaSettings) -> "KafkaBus":
        """Connects.

        Raises:
            Unavailable: No broker answers, or it refuses this user or certificate.
        """
        bus = cls(settings)
        try:
            await bus._admin.open()
        except BaseException:
            await bus.close()
            raise
        return bus

    async def produce(self, records: Sequence[Record]) -> None:
        """See `Bus.produce`."""
        for record in records:
            check_record(record)
        if records:
            await self._admin.require_topics([record.topic for record in records])
            await self._batcher.put(records)

    async def consumer(self, topics: Sequence[str], *, group: str) -> Consumer:
        """See `Bus.consumer`."""
        await self._admin.require_topics(topics)
        consumer = KafkaGroupConsumer(self._settings, group)
        try:
            await consumer.join(topics)
        except BaseException:
            await consumer.close()
            raise
        return consumer

    async def read(self, topic: str) -> AsyncIterator[Message]:
        """See `Bus.read`."""
        async for message in read_all(self._settings, await self._admin.ends(topic)):
            yield message

    async def ensure_topics(self, topics: Sequence[str], *, partitions: int) -> None:
        """See `Bus.ensure_topics`."""
        await self._admin.create_topics(topics, partitions=partitions)

    async def lag(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        """See `Bus.lag`."""
        return await self._admin.lag(topics, group)

    async def close(self) -> None:
        """See `Bus.close`."""
        await self._batcher.close()
        await self._producer.close()
        await self._admin.close()
