"""A member of a group on the embedded bus."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection, Error

from microcoder.bus.embedded.log import fetch
from microcoder.bus.embedded.membership import Expelled, Membership
from microcoder.bus.embedded.thread import DatabaseThread
from microcoder.bus.port import Message, TopicPartition

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.02
"""How often a waiting consumer asks SQLite whether another process has written (`PRAGMA data_version`).

One look reads a counter in shared memory, about 5 µs, so 50 a second cost 0.03 % of a core per consumer and a record
waits 10 ms on average for its consumer.
"""
MAX_POLL_INTERVAL_S = 300.0
"""A consumer that nobody polled for so long stops its heartbeats: its owner hangs, others shall take over."""


class EmbeddedConsumer:
    """See `microcoder.bus.Consumer`. Its thread sends heartbeats also while the event loop is busy with a batch."""

    def __init__(self, path: Path, topics: Sequence[str], *, group: str, session_timeout_s: float) -> None:
        self._membership = Membership(group, topics, session_timeout_s=session_timeout_s)
        self._thread = DatabaseThread(
            path,
            synchronous="NORMAL",
            name=f"bus-{group}",
            idle=self._beat_idle,
            idle_every_s=session_timeout_s / 5,
        )
        self._ids: dict[TopicPartition, int] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._leaving: list[TopicPartition] = []
        self._paused: frozenset[TopicPartition] = frozenset()
        self._first = 0
        self._data_version = -1
        self._polled_time = time.monotonic()
        self._hurry = threading.Event()

    async def join(self) -> None:
        """Enters the group; the first polls bring the assignment.

        Raises:
            NotFound: A topic does not exist.
        """
        await self._thread.run(self._membership.join)

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Message]:
        """See `Consumer.poll`."""
        self._polled_time = time.monotonic()
        deadline = self._polled_time + timeout_s
        messages = await self._thread.run(lambda connection: self._poll(connection, max_records, deadline))
        # Only here, where the caller certainly gets them: a poll that was cancelled must not move the positions.
        for message in messages:
            if message.source in self._positions:
                self._positions[message.source] = message.offset + 1
        return messages

    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return frozenset(self._positions)

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        self._paused |= frozenset(partitions)

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        self._paused -= frozenset(partitions)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`."""
        by_id = {self._ids[partition]: offset for partition, offset in offsets.items() if partition in self._ids}
        if by_id:
            await self._thread.run(lambda connection: self._membership.commit(connection, by_id))

    async def close(self) -> None:
        """See `Consumer.close`."""
        self._hurry.set()
        try:
            await self._thread.run(self._leave)
        finally:
            await self._thread.stop()

    def _leave(self, connection: Connection) -> None:
        self._forget()
        if self._membership.joined:
            self._membership.leave(connection)

    def _poll(self, connection: Connection, max_records: int, deadline: float) -> list[Message]:
        while True:
            changed = self._keep_membership(connection)
            messages = [] if changed else self._fetch(connection, max_records)
            if messages or changed or not self._wait(connection, deadline):
                return messages

    def _keep_membership(self, connection: Connection) -> bool:
        """Follows the group. True where the assignment changed: its user looks at that before it gets records."""
        if not self._membership.joined:
            self._membership.join(connection)
        try:
            self._membership.beat(connection)
        except Expelled:
            _log.warning("this consumer was silent for too long and lost its partitions; it joins its group again")
            self._forget()
            return True
        # What was unassigned in the last poll has been committed since by whoever wanted to.
        self._membership.release(connection, [self._ids.pop(partition) for partition in self._leaving])
        self._leaving = [p for p in self._membership.unwanted(connection) if p in self._positions]
        for partition in self._leaving:
            del self._positions[partition]
        claims = self._membership.claim(connection)
        for partition, claim in claims.items():
            self._ids[partition] = claim.partition_id
            self._positions[partition] = claim.next_offset
        self._paused &= frozenset(self._positions)
        return bool(claims or self._leaving)

    def _forget(self) -> None:
        self._ids.clear()
        self._positions.clear()
        self._leaving.clear()
        self._paused = frozenset()

    def _fetch(self, connection: Connection, max_records: int) -> list[Message]:
        sources = sorted(self._positions.keys() - self._paused)
        messages: list[Message] = []
        self._first += 1  # each time another partition is first, so that none starves
        for i in range(len(sources)):
            source = sources[(self._first + i) % len(sources)]
            room = max_records - len(messages)
            if room <= 0:
                break
            start = self._positions[source]
            messages += fetch(connection, self._ids[source], source, start=start, end=None, limit=room)
        return messages

    def _wait(self, connection: Connection, deadline: float) -> bool:
        """Until somebody has written or a heartbeat is due; False where the time is over."""
        look_again = time.monotonic() + 1.0
        while (now := time.monotonic()) < deadline and not self._hurry.is_set():
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._data_version or now > look_again:
                self._data_version = version
                return True
            self._hurry.wait(min(LOOK_EVERY_S, deadline - now))
        return False

    def _beat_idle(self, connection: Connection) -> None:
        if not self._membership.joined or time.monotonic() - self._polled_time > MAX_POLL_INTERVAL_S:
            return
        try:
            self._membership.beat(connection)
        except Expelled:
            self._forget()
        except Error as error:
            _log.warning("a heartbeat failed: %s", error)
