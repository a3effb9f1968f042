"""What a worker does with good records: order, pace, commits, drain."""

import asyncio
from collections import Counter, defaultdict

from microcoder.bus import WorkerPolicy
from microcoder.bus.worker.observer import NullObserver

from .support import QUICK, Collector, Harness, Seen, working


async def test_fifty_thousand_messages_keep_their_order_per_key(harness: Harness) -> None:
    count, keys = 50_000, 250
    items = [(f"k{i % keys}", i) for i in range(count)]
    collector = Collector()
    async with working(harness.worker(collector, policy=WorkerPolicy())):
        for start in range(0, count, 2500):
            await harness.send(items[start : start + 2500])
        await collector.until_count(count, 60)
    by_key: dict[str, list[int]] = defaultdict(list)
    for key, number in collector.seen:
        by_key[key].append(number)
    assert by_key == {f"k{i}": list(range(i, count, keys)) for i in range(keys)}
    assert await harness.lag() == 0


async def test_different_keys_run_side_by_side_and_equal_keys_do_not(harness: Harness) -> None:
    running: Counter[str] = Counter()
    most_at_once, overlaps = 0, 0

    async def handle(item: Seen) -> None:
        nonlocal most_at_once, overlaps
        key = item[0]
        running[key] += 1
        most_at_once = max(most_at_once, running.total())
        overlaps += running[key] > 1
        await asyncio.sleep(0.01)
        running[key] -= 1

    collector = Collector(behave=handle)
    await harness.send([(f"k{i % 10}", i) for i in range(100)])
    async with working(harness.worker(collector, policy=QUICK.model_copy(update={"max_in_flight": 5}))):
        await collector.until_count(100)
    assert overlaps == 0
    assert most_at_once == 5


async def test_nothing_is_committed_past_a_record_that_is_not_finished(harness: Harness) -> None:
    gate = asyncio.Event()
    collector = Collector(behave=lambda item: gate.wait() if item == ("slow", 0) else None)
    partition_of_slow = await _same_partition_as(harness, "slow")
    await harness.send([("slow", 0), *((key, 1) for key in partition_of_slow)])
    async with working(harness.worker(collector)):
        await collector.until_count(1 + len(partition_of_slow))
        await asyncio.sleep(0.5)
        assert await harness.lag() == 1 + len(partition_of_slow)
        gate.set()
        await harness.until_committed()


async def test_a_slow_handler_fills_no_memory_and_polling_goes_on(harness: Harness) -> None:
    class Load(NullObserver):
        polls, most = 0, 0

        def load(self, *, in_flight: int, buffered: int, paused_partitions: int) -> None:
            self.polls += 1
            self.most = max(self.most, buffered)

    gate, load = asyncio.Event(), Load()
    collector = Collector(behave=lambda _: gate.wait())
    await harness.send([(f"k{i}", i) for i in range(2000)])
    policy = QUICK.model_copy(update={"max_buffered": 50, "max_in_flight": 4})
    async with working(harness.worker(collector, policy=policy, observer=load)):
        await collector.until_count(4)
        await asyncio.sleep(2.0)  # longer than the session of the embedded bus
        assert load.polls > 5
        assert load.most <= harness.settings.partitions * 2 * 50
        gate.set()
        await collector.until_count(2000)
        await harness.until_committed()
    assert len(set(collector.seen)) == len(collector.seen) == 2000


async def test_a_drain_ends_what_runs_and_leaves_the_rest(harness: Harness) -> None:
    started, finished = asyncio.Event(), []

    async def handle(item: Seen) -> None:
        started.set()
        await asyncio.sleep(0.3)
        finished.append(item)

    await harness.send([("p", i) for i in range(5)])
    worker = harness.worker(Collector(behave=handle))
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(started.wait(), 20)
    await worker.drain()
    await task
    assert finished == [("p", 0)]
    assert await harness.lag() == 4
    rest = Collector()
    async with working(harness.worker(rest)):
        await rest.until_count(4)
    assert rest.seen == [("p", i) for i in range(1, 5)]


async def test_a_drain_cuts_off_what_runs_too_long_and_it_comes_again(harness: Harness) -> None:
    endless = Collector(behave=lambda _: asyncio.Event().wait())
    await harness.send([("p", 0)])
    worker = harness.worker(endless, policy=QUICK.model_copy(update={"drain_timeout_s": 0.2}))
    task = asyncio.create_task(worker.run())
    await endless.until_count(1)
    await asyncio.wait_for(worker.drain(), 5)
    await task
    assert await harness.lag() == 1


async def test_a_drain_before_the_start_is_no_start(harness: Harness) -> None:
    await harness.send([("p", 0)])
    collector = Collector()
    worker = harness.worker(collector)
    await worker.drain()
    await worker.run()
    assert collector.seen == []


async def _same_partition_as(harness: Harness, key: str) -> list[str]:
    """Some other keys of the partition of `key`; the records that find them out are committed by nobody."""
    probe = await Harness.make(harness.bus, harness.settings)
    await probe.send([(key, 0), *((f"k{i}", 0) for i in range(60))])
    partitions = {message.key: message.partition for message in await probe.all_of(probe.topic)}
    return [other for other, partition in partitions.items() if partition == partitions[key] and other != key]
