"""Members of a group: they share, take over, and lose nothing when one of them dies."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from microcoder.bus import decode_event
from microcoder.bus.worker.observer import NullObserver

from .support import Collector, Harness, Seen, working

CONSUMER = Path(__file__).with_name("consumer_process.py")


class Assigned(NullObserver):
    """Remembers how many partitions a worker has."""

    partitions = 0

    def assigned(self, partitions: int) -> None:
        self.partitions = partitions


async def test_members_share_and_take_over_when_one_leaves(harness: Harness) -> None:
    total = 2 * harness.settings.partitions  # the topic and its retry topic
    first, second = Collector(), Collector()
    has_first, has_second = Assigned(), Assigned()
    worker = harness.worker(first, observer=has_first)
    async with working(worker):
        await _until(lambda: has_first.partitions == total)
        leaver = harness.worker(second, observer=has_second)
        async with working(leaver):
            await _until(lambda: (has_first.partitions, has_second.partitions) == (total // 2, total // 2))
            await harness.send([(f"k{i}", i) for i in range(200)])
            await _until(lambda: len(first.seen) + len(second.seen) >= 200)
            assert first.seen
            assert second.seen
            assert not set(first.seen) & set(second.seen)
        await asyncio.wait_for(_until(lambda: has_first.partitions == total), 8)
        await harness.send([(f"k{i}", 1000 + i) for i in range(200)])
        await first.until(lambda seen: sum(number >= 1000 for _, number in seen) == 200)
        await harness.until_committed()


async def test_a_member_that_joins_under_load_takes_over_without_loss_and_nearly_without_repeats(
    harness: Harness,
) -> None:
    collectors = [Collector(behave=lambda _: asyncio.sleep(0.005)) for _ in range(2)]
    sent: list[Seen] = []

    async def send_until_both_work() -> None:
        while len(collectors[1].seen) < 100:
            batch = [(f"k{i % 100}", i) for i in range(len(sent), len(sent) + 50)]
            await harness.send(batch)
            sent.extend(batch)
            await asyncio.sleep(0.05)

    async with working(harness.worker(collectors[0])):
        sender = asyncio.create_task(send_until_both_work())
        await collectors[0].until_count(100)
        async with working(harness.worker(collectors[1])):
            await asyncio.wait_for(sender, 30)
            await _until(lambda: len(_all(collectors)) == len(sent))
            await harness.until_committed()
    repeats = sum(len(collector.seen) for collector in collectors) - len(sent)
    assert repeats <= 20


async def test_more_members_than_partitions_is_no_error(harness: Harness) -> None:
    collectors = [Collector() for _ in range(harness.settings.partitions + 1)]
    async with working(*(harness.worker(collector) for collector in collectors)):
        await harness.send([(f"k{i}", i) for i in range(50)])
        await _until(lambda: len(_all(collectors)) == 50)
    assert sum(len(collector.seen) for collector in collectors) == 50


async def test_a_consumer_that_is_killed_loses_nothing_and_repeats_only_the_uncommitted(
    harness: Harness, tmp_path: Path
) -> None:
    items = [(f"k{i % 40}", i) for i in range(2000)]
    await harness.send(items)
    with _consumer_process(harness, tmp_path) as (process, handled):
        await _until(lambda: len(_lines(handled)) >= 600)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    first = _lines(handled)
    lag = await harness.bus.lag([harness.topic], group="g")
    ends = dict.fromkeys(lag, 0)
    uncommitted = set()
    messages = await harness.all_of(harness.topic)
    for message in messages:
        ends[message.source] = message.offset + 1
    for message in messages:
        if message.offset >= ends[message.source] - lag[message.source]:
            uncommitted.add((message.key, _number_in(message.value)))
    assert 0 < len(uncommitted) < 2000

    collector = Collector()
    async with working(harness.worker(collector)):
        await collector.until(lambda seen: len(seen) >= len(uncommitted))
        await harness.until_committed()
    assert set(collector.seen) == uncommitted
    assert set(first) | set(collector.seen) == set(items)
    assert set(first) & set(collector.seen)  # it was killed in the middle of something


@contextmanager
def _consumer_process(harness: Harness, folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    settings, handled = folder / "settings.json", folder / "handled.txt"
    settings.write_text(harness.settings.model_dump_json())
    handled.touch()
    process = subprocess.Popen([sys.executable, str(CONSUMER), str(settings), harness.topic, "g", str(handled)])
    try:
        yield process, handled
    finally:
        process.kill()
        process.wait()


def _lines(handled: Path) -> list[Seen]:
    complete = handled.read_text().split("\n")[:-1]
    return [(key, int(number)) for key, number in (line.split() for line in complete)]


def _number_in(value: bytes) -> int:
    return int(decode_event(value).problem_collected.revision)


def _all(collectors: list[Collector]) -> set[Seen]:
    return {item for collector in collectors for item in collector.seen}


async def _until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
