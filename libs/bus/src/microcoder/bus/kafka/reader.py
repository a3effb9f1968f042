"""Reading a topic from its beginning to its end, without a group."""

import time
from collections.abc import AsyncIterator, Mapping

from microcoder.bus.kafka.client import RawConsumer, as_raw, make_consumer
from microcoder.bus.kafka.records import messages_of
from microcoder.bus.kafka.thread import ClientThread
from microcoder.bus.port import Message, TopicPartition
from microcoder.bus.settings import KafkaSettings
from microcoder.core.errors import Unavailable

_POLL_MS = 500


async def read_all(settings: KafkaSettings, ends: Mapping[TopicPartition, tuple[int, int]]) -> AsyncIterator[Message]:
    """The records between the given first and next offsets, partition by partition.

    Raises:
        Unavailable: Nothing came for longer than the request timeout.
    """
    thread = ClientThread(settings.bootstrap_servers, "kafka-reader")
    try:
        consumer = await thread.run(lambda: make_consumer(settings))
        try:
            for partition, offsets in ends.items():
                async for message in _read_one(thread, consumer, settings, partition, offsets):
                    yield message
        finally:
            await thread.run(lambda: consumer.close(autocommit=False, timeout_ms=1000))
    finally:
        thread.stop()


async def _read_one(
    thread: ClientThread,
    consumer: RawConsumer,
    settings: KafkaSettings,
    partition: TopicPartition,
    offsets: tuple[int, int],
) -> AsyncIterator[Message]:
    start, end = offsets
    if start >= end:
        return
    raw = as_raw(partition)
    await thread.run(lambda: _seek(consumer, raw, start))
    deadline = time.monotonic() + settings.request_timeout_s
    position = start
    while position < end:
        messages, position = await thread.run(lambda: _page(consumer, raw))
        for message in messages:
            if message.offset < end:
                yield message
        if messages:
            deadline = time.monotonic() + settings.request_timeout_s
        elif time.monotonic() > deadline:
            raise Unavailable(f"Kafka gives no more records of {partition.topic}, at {position} of {end}")


def _seek(consumer: RawConsumer, partition: TopicPartition, start: int) -> None:
    consumer.assign([partition])
    consumer.seek(partition, start)


def _page(consumer: RawConsumer, partition: TopicPartition) -> tuple[list[Message], int]:
    # By position, not by the last record's offset: a log may end in offsets that hold no record.
    records = consumer.poll(timeout_ms=_POLL_MS, max_records=500)
    return messages_of(records), consumer.position(partition, timeout_ms=_POLL_MS) or 0
