"""What a bus promises without any worker."""

import asyncio
from collections import defaultdict

import pytest

from microcoder.bus import Bus, Record, TopicPartition
from microcoder.core.errors import InvalidArgument, NotFound

from .support import Harness, member, poll_until


async def test_a_record_arrives_as_it_was_sent(harness: Harness) -> None:
    sent = harness.raw("schlüssel", bytes(range(256)), trace="ä\n1")
    await harness.bus.produce([sent])
    async with member(harness) as consumer:
        [got] = await poll_until(consumer, 1)
    assert (got.topic, got.key, got.value, got.headers) == (sent.topic, sent.key, sent.value, sent.headers)
    assert got.offset == 0


async def test_equal_keys_share_a_partition_in_the_order_sent(harness: Harness) -> None:
    await harness.bus.produce([harness.raw(f"k{i % 7}", str(i).encode()) for i in range(700)])
    values: dict[str, list[int]] = defaultdict(list)
    partitions: dict[str, set[int]] = defaultdict(set)
    for message in await harness.all_of(harness.topic):
        values[message.key].append(int(message.value))
        partitions[message.key].add(message.partition)
    assert values == {f"k{i}": list(range(i, 700, 7)) for i in range(7)}
    assert all(len(those) == 1 for those in partitions.values())
    assert len(set.union(*partitions.values())) > 1


async def test_calls_at_the_same_time_keep_the_order_of_each_caller(harness: Harness) -> None:
    async def caller(name: str) -> None:
        for i in range(20):
            await harness.bus.produce([harness.raw(name, f"{i}".encode())])

    await asyncio.gather(*(caller(f"caller{i}") for i in range(8)))
    values: dict[str, list[int]] = defaultdict(list)
    for message in await harness.all_of(harness.topic):
        values[message.key].append(int(message.value))
    assert values == {f"caller{i}": list(range(20)) for i in range(8)}


async def test_sending_twice_gives_two_records_that_share_their_event_id(harness: Harness) -> None:
    record = harness.record("p", 1)
    await harness.bus.produce([record])
    await harness.bus.produce([record])  # as a sender does that never learned of its success
    first, second = await harness.all_of(harness.topic)
    assert first.headers["event-id"] == second.headers["event-id"]


async def test_what_was_not_committed_comes_again_and_nothing_else(harness: Harness) -> None:
    await harness.send([("p", i) for i in range(10)])
    async with member(harness) as consumer:
        got = await poll_until(consumer, 10)
        await consumer.commit({got[0].source: got[6].offset + 1})
    async with member(harness) as consumer:
        again = await poll_until(consumer, 3)
    assert [message.offset for message in again] == [7, 8, 9]


async def test_a_paused_partition_gives_nothing_and_the_others_go_on(harness: Harness) -> None:
    keys = _keys_of_different_partitions(await _spread(harness))
    async with member(harness) as consumer:
        await poll_until(consumer, 100)
        stopped = TopicPartition(harness.topic, keys[0][1])
        consumer.pause([stopped])
        await harness.send([(key, 1) for key, _ in keys])
        got = await poll_until(consumer, len(keys) - 1)
        assert {message.source for message in got} == {
            TopicPartition(harness.topic, partition) for _, partition in keys[1:]
        }
        assert await consumer.poll(max_records=10, timeout_s=0.3) == []
        consumer.resume([stopped])
        [late] = await poll_until(consumer, 1)
        assert late.source == stopped


async def test_a_cancelled_poll_loses_nothing(harness: Harness) -> None:
    async with member(harness) as consumer:
        while not consumer.assignment():
            await consumer.poll(max_records=10, timeout_s=0.2)
        waiting = asyncio.create_task(consumer.poll(max_records=10, timeout_s=2.0))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait([waiting])
        await harness.send([("p", 1)])
        await asyncio.sleep(0.5)  # the poll that nobody waits for any more goes on, and finds it
        [got] = await poll_until(consumer, 1)
        assert got.offset == 0


async def test_a_poll_gives_no_more_than_asked_for(harness: Harness) -> None:
    await harness.send([(f"k{i}", i) for i in range(50)])
    async with member(harness) as consumer:
        sizes: list[int] = []
        while sum(sizes) < 50:
            sizes.append(len(await consumer.poll(max_records=7, timeout_s=0.5)))
    assert max(sizes) == 7


async def test_groups_do_not_share(harness: Harness) -> None:
    await harness.send([("p", i) for i in range(5)])
    for group in ("one", "two"):
        async with member(harness, group) as consumer:
            assert len(await poll_until(consumer, 5)) == 5


async def test_the_lag_is_what_a_group_has_not_committed(harness: Harness) -> None:
    await harness.send([("p", i) for i in range(5)])
    assert await harness.lag() == 5
    async with member(harness) as consumer:
        got = await poll_until(consumer, 5)
        await consumer.commit({got[0].source: 2})
    assert await harness.lag() == 3
    assert await harness.lag("another") == 5


async def test_a_large_record_passes_and_a_larger_one_is_refused(harness: Harness) -> None:
    await harness.bus.produce([harness.raw("k", b"x" * 900_000)])
    with pytest.raises(InvalidArgument, match="blob store"):
        await harness.bus.produce([harness.raw("k", b"x" * 1_000_000)])
    await harness.bus.produce([harness.raw("k", b"small")])
    assert [len(message.value) for message in await harness.all_of(harness.topic)] == [900_000, 5]


async def test_a_topic_that_does_not_exist_is_named(harness: Harness) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await harness.bus.produce([Record(topic="nowhere", key="k", value=b"")])
    with pytest.raises(NotFound, match="nowhere"):
        await harness.bus.consumer(["nowhere"], group="g")
    with pytest.raises(NotFound, match="nowhere"):
        await harness.bus.lag(["nowhere"], group="g")
    await harness.send([("p", 1)])  # and the bus is as good as before


async def test_topics_that_exist_keep_their_partitions(bus: Bus, harness: Harness) -> None:
    await bus.ensure_topics([harness.topic], partitions=9)
    assert len(await bus.lag([harness.topic], group="g")) == harness.settings.partitions


async def _spread(harness: Harness) -> list[tuple[str, int]]:
    """A hundred keys and the partitions that they lie in."""
    await harness.send([(f"k{i}", 0) for i in range(100)])
    return [(message.key, message.partition) for message in await harness.all_of(harness.topic)]


def _keys_of_different_partitions(spread: list[tuple[str, int]]) -> list[tuple[str, int]]:
    by_partition = {partition: key for key, partition in spread}
    assert len(by_partition) > 1
    return [(key, partition) for partition, key in by_partition.items()]
