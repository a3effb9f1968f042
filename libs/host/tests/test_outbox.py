"""What is written with a state is sent: in order, at least once, whatever goes wrong in between."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from microcoder.bus import Bus, Consumer, Message, Record, TopicPartition
from microcoder.core.errors import InvalidArgument, NotFound, Unavailable
from microcoder.host import OutboxRelay, Runtime, ServiceSettings
from microcoder.store import OutboxRecord, Store
from microcoder.telemetry import Metric, Metrics
from microcoder.testing.builders import make_raw_problem
from microcoder.testing.bus import events_on
from microcoder.testing.host import MakeRuntime
from microcoder.v1 import events_pb2
from microcoder.wire import Topic

TOPIC = Topic.PROBLEM_COLLECTED


class Flaky:
    """A bus that fails as told, then passes everything on to a real one."""

    def __init__(self, bus: Bus, *failures: Exception) -> None:
        self._bus = bus
        self.failures = list(failures)

    async def produce(self, records: Sequence[Record]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        await self._bus.produce(records)

    async def consumer(self, topics: Sequence[str], *, group: str) -> Consumer:
        return await self._bus.consumer(topics, group=group)

    def read(self, topic: str) -> AsyncIterator[Message]:
        return self._bus.read(topic)

    async def ensure_topics(self, topics: Sequence[str], *, partitions: int) -> None:
        await self._bus.ensure_topics(topics, partitions=partitions)

    async def lag(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        return await self._bus.lag(topics, group=group)

    async def close(self) -> None:
        await self._bus.close()


@pytest.fixture
def rt(runtime: MakeRuntime) -> Runtime[ServiceSettings]:
    return runtime("scraper", ServiceSettings())


def relay_of(store: Store, bus: Bus) -> tuple[OutboxRelay, Metrics]:
    metrics = Metrics(process=False)
    return OutboxRelay([store.raw_problems, store.problems], bus, metrics, interval_s=0.05), metrics


async def put(rt: Runtime[ServiceSettings], name: str, *revisions: int) -> None:
    raw = make_raw_problem(name)
    events = [events_pb2.ProblemCollected(problem_id=raw.id, revision=revision) for revision in revisions]
    await rt.store.raw_problems.put(raw, outbox=[rt.outbox(event) for event in events])


async def revisions_on(bus: Bus) -> list[int]:
    return [event.problem_collected.revision for event in await events_on(bus, TOPIC)]


async def test_flush_sends_in_order_and_clears(rt: Runtime[ServiceSettings], store: Store, bus: Bus) -> None:
    relay, metrics = relay_of(store, bus)
    await put(rt, "a", 1, 2, 3)
    await put(rt, "a", 4)
    assert await relay.flush() == 4
    assert await revisions_on(bus) == [1, 2, 3, 4]
    assert await relay.flush() == 0
    assert metrics.value(Metric.OUTBOX_SENT, topic=TOPIC.value) == 4


async def test_more_than_a_batch_is_sent_in_one_flush(rt: Runtime[ServiceSettings], store: Store, bus: Bus) -> None:
    for number in range(230):
        await put(rt, f"p{number}", number)
    assert await relay_of(store, bus)[0].flush() == 230
    assert sorted(await revisions_on(bus)) == list(range(230))


async def test_what_was_not_sent_stays(rt: Runtime[ServiceSettings], store: Store, bus: Bus) -> None:
    relay, _ = relay_of(store, Flaky(bus, Unavailable("away")))
    await put(rt, "a", 1)
    with pytest.raises(Unavailable):
        await relay.flush()
    assert await relay.flush() == 1
    assert await revisions_on(bus) == [1]


async def test_one_that_is_refused_holds_up_no_other(rt: Runtime[ServiceSettings], store: Store, bus: Bus) -> None:
    relay, _ = relay_of(store, bus)
    bad = OutboxRecord(topic="microcoder.no.such.topic", key="bad", value=b"x")
    await store.raw_problems.put(make_raw_problem("bad"), outbox=[bad])
    await put(rt, "good", 1)
    with pytest.raises((NotFound, InvalidArgument)):
        await relay.flush()
    assert await revisions_on(bus) == [1]
    assert len(await store.raw_problems.pending_outbox()) == 1


async def test_run_sends_soon_and_survives_failures(rt: Runtime[ServiceSettings], store: Store, bus: Bus) -> None:
    relay, metrics = relay_of(store, Flaky(bus, Unavailable("away"), Unavailable("still away")))
    running = asyncio.create_task(relay.run())
    await put(rt, "a", 1)
    for _ in range(100):
        if await revisions_on(bus):
            break
        await asyncio.sleep(0.05)
    running.cancel()
    assert await revisions_on(bus) == [1]
    assert metrics.value(Metric.OUTBOX_FAILURES) == 2
