"""kafka-python's records as messages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from microcoder.bus.kafka.client import RawRecord, as_text, text
from microcoder.bus.port import Message, TopicPartition


def messages_of(records: Mapping[TopicPartition, Sequence[RawRecord]]) -> list[Message]:
    """All records of a poll, in order per partition."""
    return [_message(source, record) for source, those in records.items() for record in those]


def _message(source: TopicPartition, record: RawRecord) -> Message:
    return Message(
        topic=source.topic,
        partition=source.partition,
        offset=record.offset,
        key=text(record.key),
        value=record.value or b"",
        headers=as_text(record.headers),
        timestamp=datetime.fromtimestamp(max(record.timestamp, 0) / 1000, UTC),
    )
