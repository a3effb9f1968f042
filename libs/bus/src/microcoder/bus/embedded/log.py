"""Topics and records: appending, reading, counting, trimming. Plain functions on a connection."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

from microcoder.bus.embedded.database import OFFSET_BITS, transaction
from microcoder.bus.port import Message, Record, TopicPartition
from microcoder.core.errors import MicrocoderError, NotFound

MAX_FETCH_BYTES = 8 * 1024 * 1024
"""Values that one fetch brings into memory, give or take one record."""
_OFFSET_MASK = (1 << OFFSET_BITS) - 1


def partition_of(key: str, partitions: int) -> int:
    """The partition that `key` lies in: the same in every process and in every version of Python."""
    return zlib.crc32(key.encode()) % partitions


def create_topics(connection: Connection, topics: Sequence[str], *, partitions: int) -> None:
    """Creates those of `topics` that do not exist."""
    with transaction(connection):
        for topic in topics:
            if not partition_ids(connection, topic):
                rows = [(topic, number) for number in range(partitions)]
                connection.executemany("INSERT INTO partitions (topic, number) VALUES (?, ?)", rows)


def partition_ids(connection: Connection, topic: str) -> list[int]:
    """Ids of the partitions of `topic` by number; empty where it does not exist."""
    rows = connection.execute("SELECT id FROM partitions WHERE topic = ? ORDER BY number", (topic,))
    return [row[0] for row in rows]


def require_topic(connection: Connection, topic: str) -> list[int]:
    """As `partition_ids`, for a topic that must exist.

    Raises:
        NotFound: It does not.
    """
    ids = partition_ids(connection, topic)
    if not ids:
        raise NotFound(f"the topic {topic} does not exist on this bus; create it with ensure_topics")
    return ids


def append(
    connection: Connection, batches: Sequence[Sequence[Record]], *, time_ms: int
) -> list[MicrocoderError | None]:
    """Appends several callers' batches in one transaction, so that they share one flush to the disk.

    Returns:
        Per batch None, or why nothing of it was appended.
    """
    topics: dict[str, list[int]] = {}
    results: list[MicrocoderError | None] = []
    rows_of: defaultdict[int, list[Record]] = defaultdict(list)
    with transaction(connection):
        for batch in batches:
            try:
                for topic in {record.topic for record in batch} - topics.keys():
                    topics[topic] = require_topic(connection, topic)
            except NotFound as error:
                results.append(error)
                continue
            for record in batch:
                ids = topics[record.topic]
                rows_of[ids[partition_of(record.key, len(ids))]].append(record)
            results.append(None)
        for partition_id, records in rows_of.items():
            _append_to(connection, partition_id, records, time_ms)
    return results


def _append_to(connection: Connection, partition_id: int, records: Sequence[Record], time_ms: int) -> None:
    query = "UPDATE partitions SET next_offset = next_offset + ? WHERE id = ? RETURNING next_offset"
    end = connection.execute(query, (len(records), partition_id)).fetchone()[0]
    first = (partition_id << OFFSET_BITS) + end - len(records)
    rows = (
        (first + i, r.key, r.value, json.dumps(dict(r.headers)) if r.headers else "{}", time_ms)
        for i, r in enumerate(records)
    )
    connection.executemany("INSERT INTO records (position, key, value, headers, time_ms) VALUES (?, ?, ?, ?, ?)", rows)


def fetch(
    connection: Connection, partition_id: int, source: TopicPartition, *, start: int, end: int | None, limit: int
) -> list[Message]:
    """Records of one partition from offset `start` on, before `end`, at most `limit` and about `MAX_FETCH_BYTES`."""
    base = partition_id << OFFSET_BITS
    last = base + (_OFFSET_MASK if end is None else end - 1)
    cursor = connection.execute(
        "SELECT position, key, value, headers, time_ms FROM records WHERE position BETWEEN ? AND ? "
        "ORDER BY position LIMIT ?",
        (base + start, last, limit),
    )
    return list(_up_to_bytes(_message(source, row) for row in cursor))


def _up_to_bytes(messages: Iterable[Message]) -> Iterator[Message]:
    size = 0
    for message in messages:
        yield message
        size += len(message.value)
        if size >= MAX_FETCH_BYTES:
            return


def _message(source: TopicPartition, row: tuple[Any, ...]) -> Message:
    position, key, value, headers, time_ms = row
    return Message(
        topic=source.topic,
        partition=source.partition,
        offset=position & _OFFSET_MASK,
        key=key,
        value=value,
        headers=json.loads(headers) if headers != "{}" else {},
        timestamp=datetime.fromtimestamp(time_ms / 1000, UTC),
    )


def ends(connection: Connection, topic: str) -> list[tuple[int, int]]:
    """Per partition of `topic`, by number, its id and the offset of its next record.

    Raises:
        NotFound: The topic does not exist.
    """
    require_topic(connection, topic)
    return connection.execute(
        "SELECT id, next_offset FROM partitions WHERE topic = ? ORDER BY number", (topic,)
    ).fetchall()


def lag(connection: Connection, topics: Sequence[str], group: str) -> Mapping[TopicPartition, int]:
    """Records that `group` has not committed, per partition; those that were trimmed do not count."""
    found: dict[TopicPartition, int] = {}
    for topic in topics:
        for number, (partition_id, end) in enumerate(ends(connection, topic)):
            start = max(committed(connection, group, partition_id), _oldest(connection, partition_id, end))
            found[TopicPartition(topic, number)] = end - start
    return found


def committed(connection: Connection, group: str, partition_id: int) -> int:
    """The offset that `group` reads next after a restart; 0 where it never committed."""
    query = "SELECT next_offset FROM commits WHERE group_name = ? AND partition_id = ?"
    row = connection.execute(query, (group, partition_id)).fetchone()
    return int(row[0]) if row else 0


def _oldest(connection: Connection, partition_id: int, end: int) -> int:
    base = partition_id << OFFSET_BITS
    query = "SELECT min(position) FROM records WHERE position BETWEEN ? AND ?"
    row = connection.execute(query, (base, base + _OFFSET_MASK)).fetchone()
    return end if row[0] is None else int(row[0]) & _OFFSET_MASK


def trim(connection: Connection, *, before_ms: int) -> int:
    """Deletes records from before `before_ms` that every group has committed that ever read their partition.

    A partition that no group ever read (the dead letters) keeps everything.

    Returns:
        Number of deleted records.
    """
    query = """
        SELECT partition_id, min(coalesce(next_offset, 0))
        FROM (SELECT group_name, partition_id FROM claims UNION SELECT group_name, partition_id FROM commits)
        LEFT JOIN commits USING (group_name, partition_id) GROUP BY partition_id
    """
    rows = connection.execute(query).fetchall()
    return sum(_trim_one(connection, partition_id, done, before_ms) for partition_id, done in rows)


def _trim_one(connection: Connection, partition_id: int, done: int, before_ms: int) -> int:
    # Small transactions: others write between them.
    base = partition_id << OFFSET_BITS
    statement = """
        DELETE FROM records WHERE position IN (
            SELECT position FROM records WHERE position >= ? AND position < ? AND time_ms < ? LIMIT 1000)
    """
    deleted = 0
    while count := connection.execute(statement, (base, base + done, before_ms)).rowcount:
        deleted += count
    return deleted
