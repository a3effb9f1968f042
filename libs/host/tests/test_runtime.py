"""What a service's wiring can do with its runtime."""

import asyncio
from datetime import UTC, datetime

import structlog

from microcoder.bus import Bus
from microcoder.core.errors import Unavailable
from microcoder.core.timeline import Stage
from microcoder.host import ServiceSettings
from microcoder.store import Store
from microcoder.telemetry import Metric
from microcoder.testing.bus import events_on
from microcoder.testing.host import MakeRuntime
from microcoder.v1 import events_pb2
from microcoder.wire import Topic

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


async def test_publish_wraps_routes_and_counts(runtime: MakeRuntime, bus: Bus) -> None:
    rt = runtime("judge", ServiceSettings(), clock=lambda: NOON)
    await rt.publish(events_pb2.ProblemVerified(problem_id="a", revision=7))
    [event] = await events_on(bus, Topic.PROBLEM_VERIFIED)
    assert event.producer == "judge/0.0.0"
    assert event.occurred_time.ToDatetime(tzinfo=UTC) == NOON
    assert event.problem_verified.revision == 7
    assert rt.metrics.value(Metric.BUS_PRODUCED, topic=Topic.PROBLEM_VERIFIED.value) == 1


async def test_a_step_noted_twice_is_one_step(runtime: MakeRuntime, store: Store) -> None:
    rt = runtime("judge", ServiceSettings(), clock=lambda: NOON)
    for _ in range(2):
        await rt.note("a", 1, Stage.VERIFIED, "3 of 3 accepted programs pass", details={"tests": "12"})
    await rt.note("a", 1, Stage.RELEASED, "in release-1", subject="release-1")
    await rt.note("a", 1, Stage.RELEASED, "in release-2", subject="release-2")
    first, *others = await store.timeline.of("a")
    assert (first.actor, first.time, first.details) == ("judge", NOON, {"tests": "12"})
    assert {entry.summary for entry in others} == {"in release-1", "in release-2"}
    assert rt.metrics.value(Metric.PROBLEMS, stage="verified", reason="") == 1


async def test_a_worker_handles_in_the_events_log_context_and_is_counted(runtime: MakeRuntime) -> None:
    rt = runtime("scorer", ServiceSettings())
    seen: list[dict[str, object]] = []
    handled = asyncio.Event()

    async def handle(event: events_pb2.Event) -> None:
        seen.append(structlog.contextvars.get_contextvars())
        if len(seen) == 1:
            raise Unavailable("once")
        handled.set()

    worker = rt.worker(group="scorer", topics=[Topic.PROBLEM_VERIFIED], handle=handle)
    running = asyncio.create_task(worker.run())
    await rt.publish(events_pb2.ProblemVerified(problem_id="a", revision=1))
    await asyncio.wait_for(handled.wait(), 20)
    await worker.drain()
    await running
    assert (seen[0]["problem_id"], seen[0]["topic"]) == ("a", Topic.PROBLEM_VERIFIED.value)
    assert seen[0]["event_id"] == seen[1]["event_id"]
    topic = Topic.PROBLEM_VERIFIED.value
    assert rt.metrics.value(Metric.BUS_FINISHED, topic=topic, outcome="handled") == 1
    assert rt.metrics.value(Metric.BUS_FAILED_ATTEMPTS, topic=topic, error="Unavailable") == 1
