"""Memberships of the embedded bus, and what retention deletes."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from microcoder.bus import Message, Record
from microcoder.bus.embedded import EmbeddedBus, log
from microcoder.bus.embedded.consumer import EmbeddedConsumer

SESSION_S = 0.5


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[EmbeddedBus]:
    opened = EmbeddedBus(tmp_path / "bus.sqlite3", session_timeout_s=SESSION_S, retention_s=3600)
    await opened.ensure_topics(["t"], partitions=2)
    yield opened
    await opened.close()


async def _consumer(bus: EmbeddedBus) -> EmbeddedConsumer:
    consumer = await bus.consumer(["t"], group="g")
    assert isinstance(consumer, EmbeddedConsumer)
    return consumer


async def _poll_until_assigned(consumer: EmbeddedConsumer, partitions: int) -> None:
    async with asyncio.timeout(10):
        while len(consumer.assignment()) != partitions:
            await consumer.poll(max_records=1, timeout_s=0.05)


async def test_a_member_that_was_suspended_loses_its_partitions_and_joins_again(bus: EmbeddedBus) -> None:
    sleeper, other = await _consumer(bus), await _consumer(bus)
    await _poll_until_assigned(sleeper, 1)
    [lost] = sleeper.assignment()
    frozen = asyncio.create_task(sleeper._thread.run(lambda _: time.sleep(3 * SESSION_S)))
    await _poll_until_assigned(other, 2)
    await bus.produce([Record(topic="t", key=f"k{i}", value=b"") for i in range(20)])
    got: list[Message] = []
    while len(got) < 20:
        got += await other.poll(max_records=100, timeout_s=0.1)
    await other.commit({message.source: message.offset + 1 for message in got})
    await frozen
    await sleeper.commit({lost: 0})  # changes nothing: it is not its partition any more
    assert sum((await bus.lag(["t"], group="g")).values()) == 0
    assert await sleeper.poll(max_records=10, timeout_s=0.1) == []
    assert not sleeper.assignment()
    while len(other.assignment()) != 1:
        await other.poll(max_records=1, timeout_s=0.05)
        await sleeper.poll(max_records=1, timeout_s=0.05)
    await other.poll(max_records=1, timeout_s=0.05)  # here it lets go of what it was told of in the last one
    await _poll_until_assigned(sleeper, 1)
    await sleeper.close()
    await other.close()


async def test_a_busy_event_loop_is_no_dead_member(bus: EmbeddedBus) -> None:
    busy = await _consumer(bus)
    await _poll_until_assigned(busy, 2)
    time.sleep(3 * SESSION_S)  # noqa: ASYNC251 - as a handler does that forgets the loop
    await _poll_until_assigned(busy, 2)
    other = await _consumer(bus)
    await other.poll(max_records=1, timeout_s=0.1)
    assert len(busy.assignment()) == 2
    await busy.close()
    await other.close()


async def test_a_partition_changes_hands_only_after_its_owner_could_commit(bus: EmbeddedBus) -> None:
    await bus.produce([Record(topic="t", key=f"k{i}", value=b"") for i in range(20)])
    first = await _consumer(bus)
    got: list[Message] = []
    while len(got) < 20:
        got += await first.poll(max_records=100, timeout_s=0.1)
    second = await _consumer(bus)
    before = first.assignment()
    while first.assignment() == before:
        assert await second.poll(max_records=100, timeout_s=0.02) == []
        await first.poll(max_records=100, timeout_s=0.02)
    [moved] = before - first.assignment()
    assert await second.poll(max_records=100, timeout_s=0.05) == []
    await first.commit({moved: max(message.offset for message in got if message.source == moved) + 1})
    await first.poll(max_records=100, timeout_s=0.02)
    await _poll_until_assigned(second, 1)
    assert await second.poll(max_records=100, timeout_s=0.1) == []
    await first.close()
    await second.close()


async def test_only_old_records_that_every_group_committed_are_deleted(bus: EmbeddedBus) -> None:
    await bus.produce([Record(topic="t", key="k", value=b"x") for _ in range(10)])
    consumer, late = await _consumer(bus), await bus.consumer(["t"], group="late")
    got: list[Message] = []
    while len(got) < 10:
        got += await consumer.poll(max_records=10, timeout_s=0.1)
    await consumer.commit({got[0].source: 7})

    async def trim(before_ms: int) -> int:
        return await bus._thread.run(lambda connection: log.trim(connection, before_ms=before_ms))

    soon = time.time_ns() // 1_000_000 + 1000
    assert await trim(soon) == 0  # the other group has read none of them
    while len(late.assignment()) < 2:
        await late.poll(max_records=1, timeout_s=0.05)
    await late.commit({got[0].source: 4})
    assert await trim(0) == 0
    assert await trim(soon) == 4
    assert [message.offset async for message in bus.read("t")] == [4, 5, 6, 7, 8, 9]
    assert sum((await bus.lag(["t"], group="new")).values()) == 6
    await consumer.close()
    await late.close()
