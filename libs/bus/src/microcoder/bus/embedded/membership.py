"""Groups: who is a member, who owns which partition, and how a partition changes hands.

A group has a target for each partition, computed anew at each change of its members (a generation), and an owner. A
member gives up what it owns and another is the target of, and takes what it is the target of and nobody owns; so a
partition has one owner at any time, and its old owner can commit before the new one starts. A member that was silent
beyond its session loses what it owned to whoever notices first. Times are wall-clock: they must mean the same in all
processes and after a reboot; a clock that jumps ahead ends sessions early, which repeats records and loses none.
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection

from microcoder.bus.assignment import assign
from microcoder.bus.embedded.database import transaction
from microcoder.bus.embedded.log import committed, require_topic
from microcoder.bus.port import TopicPartition


class Expelled(Exception):
    """Others have declared this member dead; what it owned is theirs."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A partition that this member just came to own."""

    partition_id: int
    next_offset: int


class Membership:
    """One member of one group. All methods are called with the connection of its thread."""

    def __init__(self, group: str, topics: Iterable[str], *, session_timeout_s: float) -> None:
        self._group = group
        self._topics = sorted(set(topics))
        self._session_ms = int(session_timeout_s * 1000)
        self._beat_every_s = session_timeout_s / 5
        self._next_beat = 0.0
        self._member = ""

    def join(self, connection: Connection) -> None:
        """Enters the group under a new name.

        Raises:
            NotFound: A topic does not exist.
        """
        for topic in self._topics:
            require_topic(connection, topic)
        member = uuid.uuid4().hex
        with transaction(connection):
            connection.execute(
                "INSERT INTO members (group_name, member, topics, deadline_ms) VALUES (?, ?, ?, ?)",
                (self._group, member, json.dumps(self._topics), _now_ms() + self._session_ms),
            )
            _expel_silent(connection, self._group)
            _rebalance(connection, self._group)
        self._member = member
        self._next_beat = time.monotonic() + self._beat_every_s

    @property
    def joined(self) -> bool:
        """Whether it is a member as far as it knows."""
        return bool(self._member)

    def beat(self, connection: Connection) -> None:
        """Says that this member lives, if it is time to, and expels those that do not.

        Raises:
            Expelled: This member was expelled itself; join again.
        """
        if time.monotonic() < self._next_beat:
            return
        with transaction(connection):
            alive = connection.execute(
                "UPDATE members SET deadline_ms = ? WHERE group_name = ? AND member = ?",
                (_now_ms() + self._session_ms, self._group, self._member),
            ).rowcount
            if alive and _expel_silent(connection, self._group):
                _rebalance(connection, self._group)
        if not alive:
            self._member = ""
            raise Expelled
        self._next_beat = time.monotonic() + self._beat_every_s

    def unwanted(self, connection: Connection) -> list[TopicPartition]:
        """What this member owns and should give up."""
        query = """
            SELECT topic, number FROM claims JOIN partitions ON id = partition_id
            WHERE group_name = ? AND owner = ? AND target IS NOT owner
        """
        return [TopicPartition(*row) for row in connection.execute(query, (self._group, self._member))]

    def release(self, connection: Connection, partition_ids: Iterable[int]) -> None:
        """Gives partitions up to their targets."""
        connection.executemany(
            "UPDATE claims SET owner = NULL WHERE group_name = ? AND owner = ? AND partition_id = ?",
            [(self._group, self._member, partition_id) for partition_id in partition_ids],
        )

    def claim(self, connection: Connection) -> dict[TopicPartition, Claim]:
        """Takes what is meant for this member and free."""
        query = """
            SELECT topic, number, partition_id FROM claims JOIN partitions ON id = partition_id
            WHERE group_name = ? AND target = ? AND owner IS NULL
        """
        parameters = (self._group, self._member)
        if connection.execute(query, parameters).fetchone() is None:
            return {}
        with transaction(connection):
            free = connection.execute(query, parameters).fetchall()
            connection.executemany(
                "UPDATE claims SET owner = ? WHERE group_name = ? AND partition_id = ?",
                [(self._member, self._group, row[2]) for row in free],
            )
            return {
                TopicPartition(topic, number): Claim(partition_id, committed(connection, self._group, partition_id))
                for topic, number, partition_id in free
            }

    def commit(self, connection: Connection, offsets: Mapping[int, int]) -> None:
        """Commits offsets by partition id, of those partitions that this member still owns."""
        statement = """
            INSERT INTO commits (group_name, partition_id, next_offset)
            SELECT group_name, partition_id, ? FROM claims WHERE group_name = ? AND owner = ? AND partition_id = ?
            ON CONFLICT (group_name, partition_id) DO UPDATE SET next_offset = excluded.next_offset
        """
        with transaction(connection):
            connection.executemany(
                statement,
                [(offset, self._group, self._member, partition_id) for partition_id, offset in offsets.items()],
            )

    def leave(self, connection: Connection) -> None:
        """Ends the membership; the others share at once what it owned."""
        with transaction(connection):
            _expel(connection, self._group, [self._member])
            _rebalance(connection, self._group)
        self._member = ""


def _expel_silent(connection: Connection, group: str) -> bool:
    query = "SELECT member FROM members WHERE group_name = ? AND deadline_ms < ?"
    silent = [row[0] for row in connection.execute(query, (group, _now_ms()))]
    _expel(connection, group, silent)
    return bool(silent)


def _expel(connection: Connection, group: str, members: Iterable[str]) -> None:
    rows = [(group, member) for member in members]
    connection.executemany("DELETE FROM members WHERE group_name = ? AND member = ?", rows)
    connection.executemany("UPDATE claims SET owner = NULL WHERE group_name = ? AND owner = ?", rows)


def _rebalance(connection: Connection, group: str) -> None:
    connection.execute(
        "INSERT INTO groups (name, generation) VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET generation = generation + 1",
        (group,),
    )
    query = "SELECT member, topics FROM members WHERE group_name = ?"
    members = {member: frozenset(json.loads(topics)) for member, topics in connection.execute(query, (group,))}
    ids = {
        TopicPartition(topic, number): partition_id
        for partition_id, topic, number in connection.execute("SELECT id, topic, number FROM partitions")
    }
    query = """
        SELECT topic, number, owner FROM claims JOIN partitions ON id = partition_id
        WHERE group_name = ? AND owner IS NOT NULL
    """
    owners = {TopicPartition(topic, number): owner for topic, number, owner in connection.execute(query, (group,))}
    targets = assign(members, ids, owners)
    connection.execute("UPDATE claims SET target = NULL WHERE group_name = ?", (group,))
    connection.executemany(
        "INSERT INTO claims (group_name, partition_id, target) VALUES (?, ?, ?) "
        "ON CONFLICT (group_name, partition_id) DO UPDATE SET target = excluded.target",
        [(group, ids[partition], member) for partition, member in targets.items()],
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
