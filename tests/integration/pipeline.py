"""Scraper and normalizer on the test's store and bus, without their processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from microcoder.bus import Bus, decode_event
from microcoder.core.ingest import ImportRun
from microcoder.host import OutboxRelay
from microcoder.normalizer import app as normalizer_app
from microcoder.normalizer.settings import AppSettings as NormalizerApp
from microcoder.normalizer.settings import NormalizerSettings
from microcoder.scraper import app as scraper_app
from microcoder.scraper.settings import AppSettings as ScraperApp
from microcoder.store import Store
from microcoder.telemetry import Metrics
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.v1 import events_pb2
from microcoder.v1 import normalizer_service_pb2 as pb
from microcoder.v1.normalizer_service_pb2_grpc import NormalizerStub
from microcoder.v1.scraper_service_pb2 import CreateImportRequest
from microcoder.v1.scraper_service_pb2_grpc import ScraperStub
from microcoder.v1.timeline_pb2 import STAGE_NORMALIZED, STAGE_REJECTED
from microcoder.wire import Topic

if TYPE_CHECKING:
    from microcoder.v1.normalizer_service_pb2_grpc import NormalizerAsyncStub
    from microcoder.v1.scraper_service_pb2_grpc import ScraperAsyncStub

T = TypeVar("T")
TIMEOUT_S = 10.0
_PATIENCE_S = 90.0


class Pipeline:
    """What a test does with the two services."""

    def __init__(self, scraper: ScraperAsyncStub, normalizer: NormalizerAsyncStub, store: Store, bus: Bus) -> None:
        self.scraper, self.normalizer, self.store, self.bus = scraper, normalizer, store, bus

    async def import_path(self, path: Path) -> ImportRun:
        """Imports and waits for the end."""
        made = await self.scraper.CreateImport(CreateImportRequest(path=str(path)), timeout=TIMEOUT_S)
        return await until(lambda: self.store.imports.get(made.import_run.id), lambda run: run.state.ended)

    async def summaries(self) -> list[pb.ProblemSummary]:
        """All problems."""
        request = pb.ListProblemsRequest(page_size=500)
        return list((await self.normalizer.ListProblems(request, timeout=TIMEOUT_S)).problems)

    async def settled(self, count: int) -> dict[str, str]:
        """Reason by short name, empty where normalized, once `count` problems are normalized or rejected."""

        def ready(found: list[pb.ProblemSummary]) -> bool:
            return sum(line.state in (STAGE_NORMALIZED, STAGE_REJECTED) for line in found) == count

        lines = await until(self.summaries, ready)
        return {line.problem_id.partition(".")[2]: line.reason for line in lines}

    async def sent(self, topic: Topic) -> list[events_pb2.Event]:
        """All events of a topic."""
        return [decode_event(message.value) async for message in self.bus.read(topic)]


@asynccontextmanager
async def running_pipeline(
    runtime: MakeRuntime, serve: Serve, store: Store, bus: Bus, **normalizer: object
) -> AsyncIterator[Pipeline]:
    """Both services at work; `normalizer` are settings of that group."""
    scraper = await scraper_app.build(runtime("scraper", ScraperApp()))
    group = NormalizerSettings.model_validate(normalizer)
    catalogue = await normalizer_app.build(runtime("normalizer", NormalizerApp(normalizer=group)))
    relay = OutboxRelay(scraper.outboxes, bus, Metrics(process=False), interval_s=0.05)
    channel = await serve([*scraper.servicers, *catalogue.servicers])
    work = [task() for task in scraper.tasks] + [relay.run()] + [worker.run() for worker in catalogue.workers]
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        yield Pipeline(ScraperStub(channel), NormalizerStub(channel), store, bus)
    finally:
        for worker in catalogue.workers:
            await worker.drain()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for close in scraper.close:
            await close()
    failures = [o for o in outcomes if isinstance(o, Exception)]
    assert not failures, failures


async def until(read: Callable[[], Awaitable[T]], ready: Callable[[T], bool]) -> T:
    """Reads until it is ready."""
    async with asyncio.timeout(_PATIENCE_S):
        while not ready(found := await read()):  # noqa: ASYNC110 - the store tells nobody when it changes
            await asyncio.sleep(0.05)
    return found
