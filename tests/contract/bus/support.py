"""What the tests of a bus are made of: a topic of its own, events, a handler that remembers."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from microcoder.bus import Bus, BusSettings, Consumer, Message, Record, Worker, WorkerPolicy, encode_event
from microcoder.core.clock import utc_now
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import new_event

QUICK = WorkerPolicy(
    commit_every_s=0.1,
    in_place_retries=2,
    in_place_backoff_s=0.01,
    retry_delays_s=(0.2, 0.2),
    drain_timeout_s=5,
    fuse_consecutive=1000,
)
"""As by default but for times that a test can wait for, and a fuse that stays out of the way."""

Seen = tuple[str, int]


def event(key: str, number: int) -> pb.Event:
    payload = pb.ProblemCollected(problem_id=key, revision=number)
    return new_event(payload, producer="test/1", occurred_time=utc_now())


@dataclass
class Collector:
    """A handler that remembers what it got, in order."""

    seen: list[Seen] = field(default_factory=list)
    behave: Callable[[Seen], Any] = lambda _: None
    """Called with each event; awaited if it gives something to await."""

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()

    async def __call__(self, got: pb.Event) -> None:
        item = (got.problem_collected.problem_id, got.problem_collected.revision)
        self.seen.append(item)
        self._changed.set()
        waiting = self.behave(item)
        if waiting is not None:
            await waiting

    async def until(self, enough: Callable[[list[Seen]], bool], timeout_s: float = 30) -> None:
        async with asyncio.timeout(timeout_s):
            while not enough(self.seen):
                self._changed.clear()
                await self._changed.wait()

    async def until_count(self, count: int, timeout_s: float = 30) -> None:
        await self.until(lambda seen: len(seen) >= count, timeout_s)


@dataclass(frozen=True)
class Harness:
    """A bus with one fresh topic, its retry topic and its dead letters."""

    bus: Bus
    settings: BusSettings
    topic: str

    @classmethod
    async def make(cls, bus: Bus, settings: BusSettings) -> "Harness":
        topic = f"test.{uuid.uuid4().hex[:12]}"
        await bus.ensure_topics([topic, f"{topic}.retry"], partitions=settings.partitions)
        await bus.ensure_topics([f"{topic}.dlq"], partitions=1)
        return cls(bus, settings, topic)

    def record(self, key: str, number: int) -> Record:
        return replace(encode_event(event(key, number)), topic=self.topic)

    def raw(self, key: str, value: bytes, **headers: str) -> Record:
        return Record(topic=self.topic, key=key, value=value, headers=headers)

    async def send(self, items: Sequence[Seen]) -> None:
        await self.bus.produce([self.record(key, number) for key, number in items])

    def worker(self, handle: Any, *, group: str = "g", policy: WorkerPolicy = QUICK, **changes: Any) -> Worker:
        return Worker(
            self.bus, group=group, topics=[self.topic], handle=handle, policy=policy, service="test/1", **changes
        )

    async def lag(self, group: str = "g") -> int:
        return sum((await self.bus.lag([self.topic], group=group)).values())

    async def until_committed(self, group: str = "g", timeout_s: float = 15) -> None:
        async with asyncio.timeout(timeout_s):
            while await self.lag(group):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def all_of(self, topic: str) -> list[Message]:
        return [message async for message in self.bus.read(topic)]

    async def dead(self) -> list[Message]:
        return await self.all_of(f"{self.topic}.dlq")


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    """Runs workers; drains them at the end and raises what they raised."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        await asyncio.gather(*(worker.drain() for worker in workers))
        await asyncio.gather(*tasks)


@asynccontextmanager
async def member(harness: Harness, group: str = "g") -> AsyncIterator[Consumer]:
    """A consumer without a worker, which leaves the group at the end."""
    consumer = await harness.bus.consumer([harness.topic], group=group)
    try:
        yield consumer
    finally:
        await consumer.close()


async def poll_until(consumer: Consumer, count: int, timeout_s: float = 20) -> list[Message]:
    """At least `count` records."""
    got: list[Message] = []
    async with asyncio.timeout(timeout_s):
        while len(got) < count:
            got += await consumer.poll(max_records=100, timeout_s=0.2)
    return got
