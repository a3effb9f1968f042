"""mongod killed and restarted under load, on both drivers."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from microcoder.core.errors import Unavailable
from microcoder.store import OutboxRecord, Store, StoreSettings
from microcoder.store.local_mongod import MongodProcess
from microcoder.testing import builders

_WRITERS = 24


@pytest_asyncio.fixture
async def store(mongod: MongodProcess, driver: str) -> AsyncIterator[Store]:
    settings = _settings(mongod.uri, driver, wait_s=1.0)
    opened = await Store.open(settings)
    await opened.migrate()
    yield opened
    await opened.close()


async def test_no_acknowledged_write_is_lost_and_callers_see_only_unavailable(
    store: Store, mongod: MongodProcess
) -> None:
    acknowledged: dict[str, str] = {}
    refused = 0
    stop = asyncio.Event()

    async def write(worker: int) -> None:
        nonlocal refused
        count = 0
        while not stop.is_set():
            feed = builders.make_feed(id=f"{worker:02d}-{count:05d}")
            event = OutboxRecord(topic="t", key=feed.id, value=b"v")
            try:
                digest = await store.blobs.put(f"{feed.id}\n".encode())
                await store.feeds.put(builders.make_feed(id=feed.id, etag=digest), outbox=[event])
            except Unavailable:
                refused += 1
                continue
            acknowledged[feed.id] = digest
            count += 1

    writers = [asyncio.create_task(write(worker)) for worker in range(_WRITERS)]
    await asyncio.sleep(1.0)
    await asyncio.to_thread(mongod.kill)
    before = len(acknowledged)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(mongod.restart)
    await _until(lambda: len(acknowledged) > before + _WRITERS, timeout_s=20)
    stop.set()
    await asyncio.gather(*writers)

    assert before > 0
    assert refused > 0
    found = await store.feeds.get_many(list(acknowledged))
    assert {feed.id: feed.etag for feed in found.values()} == acknowledged
    pending = dict(await store.feeds.pending_outbox(limit=len(acknowledged) + refused))
    assert set(acknowledged) <= set(pending)
    for feed_id in list(acknowledged)[before - 50 : before + 50]:
        assert await store.blobs.get(acknowledged[feed_id]) == f"{feed_id}\n".encode()


async def test_every_call_fails_soon_with_unavailable_and_works_again_by_itself(
    store: Store, mongod: MongodProcess
) -> None:
    feed = builders.make_feed()
    await store.feeds.put(feed)
    await asyncio.to_thread(mongod.kill)

    async def scan() -> None:
        async for _ in store.feeds.scan():
            pass

    async def lives() -> None:
        async for _ in store.timeline.scan():
            pass

    began = time.monotonic()
    calls = [
        store.ping(),
        store.migrate(),
        store.feeds.find(feed.id),
        store.feeds.get_many([feed.id]),
        store.feeds.insert(feed),
        store.feeds.put(feed),
        store.feeds.replace_if(feed, {"id": feed.id}),
        store.feeds.page(page_size=1),
        store.feeds.count(),
        store.feeds.pending_outbox(),
        store.feeds.clear_outbox(feed.id, [OutboxRecord(topic="t", key="k", value=b"v")]),
        store.timeline.add(builders.make_timeline_entry()),
        store.timeline.of("p"),
        store.blobs.put(b"x"),
        store.blobs.get("0" * 64),
        store.problems.put_revision(builders.make_problem()),
        scan(),
        lives(),
        *(store.feeds.find(feed.id) for _ in range(30)),
    ]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(calls)
    assert time.monotonic() - began < 10

    await asyncio.to_thread(mongod.restart)
    assert await _eventually(store, feed.id)
    assert await store.feeds.get(feed.id) == feed


async def test_opening_where_nobody_answers_is_unavailable(mongod: MongodProcess, driver: str) -> None:
    await asyncio.to_thread(mongod.kill)
    uri = mongod.uri.replace("mongodb://", "mongodb://user:s3cret@")
    with pytest.raises(Unavailable, match="does not answer") as refused:
        await Store.open(_settings(uri, driver, wait_s=0.5))
    assert "s3cret" not in str(refused.value)


def _settings(uri: str, driver: str, *, wait_s: float) -> StoreSettings:
    return StoreSettings.model_validate({"uri": uri, "driver": driver, "server_selection_timeout_s": wait_s})


async def _eventually(store: Store, feed_id: str) -> bool:
    for _ in range(20):
        try:
            return await store.feeds.find(feed_id) is not None
        except Unavailable:
            await asyncio.sleep(0.1)
    return False


async def _until(condition: Callable[[], bool], *, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "writes do not go on after the restart"
        await asyncio.sleep(0.05)
