"""A worker on a bus that does not always answer."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from microcoder.bus import (
    Bus,
    BusSettings,
    Message,
    Record,
    TopicPartition,
    Worker,
    WorkerPolicy,
    encode_event,
    open_bus,
)
from microcoder.core.clock import utc_now
from microcoder.core.errors import NotFound, Unavailable
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import Topic, new_event

TOPIC = Topic.PROBLEM_COLLECTED
POLICY = WorkerPolicy(
    commit_every_s=0.01, in_place_retries=0, retry_delays_s=(0.05,), unavailable_backoff_max_s=0.02, poll_timeout_s=0.02
)


class Flaky:
    """A bus, or a consumer of one, whose every third call fails."""

    def __init__(self, inner: Any, chance: random.Random) -> None:
        self._inner = inner
        self._chance = chance
        self.failures = 0

    def _maybe_fail(self) -> None:
        if self._chance.random() < 0.3:
            self.failures += 1
            raise Unavailable("not now")

    async def produce(self, records: Sequence[Record]) -> None:
        self._maybe_fail()
        await self._inner.produce(records)

    async def consumer(self, topics: Sequence[str], *, group: str) -> "Flaky":
        self._maybe_fail()
        return Flaky(await self._inner.consumer(topics, group=group), self._chance)

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Message]:
        self._maybe_fail()
        polled: list[Message] = await self._inner.poll(max_records=max_records, timeout_s=timeout_s)
        return polled

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._maybe_fail()
        await self._inner.commit(offsets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def _bus_with(tmp_path: Path, count: int) -> Bus:
    bus = await open_bus(BusSettings(path=tmp_path / "bus.sqlite3"))
    await bus.ensure_topics([TOPIC, TOPIC.retry, TOPIC.dlq], partitions=2)
    payloads = [pb.ProblemCollected(problem_id=f"p{i % 5}", revision=i) for i in range(count)]
    events = [new_event(payload, producer="t/1", occurred_time=utc_now()) for payload in payloads]
    await bus.produce([encode_event(event) for event in events])
    return bus


async def test_nothing_is_lost_where_every_third_call_fails(tmp_path: Path) -> None:
    bus = await _bus_with(tmp_path, 300)
    flaky: Any = Flaky(bus, random.Random(7))
    handled: set[int] = set()

    async def handle(event: pb.Event) -> None:
        number = event.problem_collected.revision
        if number % 10 == 0 and number not in handled and number % 3:
            handled.add(number)
            raise OSError("once")  # goes by way of the retry topic, which is flaky too
        handled.add(number)

    worker = Worker(flaky, group="g", topics=[TOPIC], handle=handle, policy=POLICY)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while sum((await bus.lag([TOPIC, TOPIC.retry], group="g")).values()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await worker.drain()
    await task
    assert handled == set(range(300))
    assert flaky.failures > 0
    assert [message async for message in bus.read(TOPIC.dlq)] == []
    await bus.close()


async def test_a_missing_topic_ends_the_worker_with_its_name(tmp_path: Path) -> None:
    bus = await open_bus(BusSettings(path=tmp_path / "bus.sqlite3"))
    with pytest.raises(NotFound, match=TOPIC):
        await Worker(bus, group="g", topics=[TOPIC], handle=lambda _: asyncio.sleep(0), policy=POLICY).run()
    await bus.close()


async def test_a_handler_that_is_cancelled_from_inside_has_failed_and_no_more(tmp_path: Path) -> None:
    bus = await _bus_with(tmp_path, 3)

    async def handle(event: pb.Event) -> None:
        if event.problem_collected.revision == 1:
            raise asyncio.CancelledError

    worker = Worker(bus, group="g", topics=[TOPIC], handle=handle, policy=POLICY)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while not (letters := [message async for message in bus.read(TOPIC.dlq)]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await worker.drain()
    await task
    assert len(letters) == 1
    await bus.close()
