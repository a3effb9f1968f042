"""The outbox that is written with its record, on both drivers."""

import asyncio
from dataclasses import replace

from microcoder.store import OutboxRecord, Store
from microcoder.testing import builders


def _event(text: str) -> OutboxRecord:
    return OutboxRecord(topic="microcoder.problem.collected.v1", key="p", value=text.encode() + b"\x00\xff")


async def test_every_kind_of_write_carries_its_outbox(store: Store) -> None:
    events = [_event(str(i)) for i in range(4)]
    problem = builders.make_problem()
    await store.problems.insert(problem, outbox=[events[0]])
    await store.problems.put(problem, outbox=[events[1]])
    assert await store.problems.put_revision(problem, outbox=[events[2]])
    assert await store.problems.replace_if(problem, {"revision": 1}, outbox=[events[3]])
    assert await store.problems.pending_outbox() == [(problem.id, tuple(events))]


async def test_writes_that_did_not_happen_leave_no_outbox(store: Store) -> None:
    problem = builders.make_problem(revision=2)
    await store.problems.put(problem)
    assert not await store.problems.put_revision(replace(problem, revision=1), outbox=[_event("stale")])
    assert not await store.problems.replace_if(problem, {"revision": 1}, outbox=[_event("lost")])
    assert await store.problems.pending_outbox() == []


async def test_a_put_keeps_what_is_unsent(store: Store) -> None:
    problem, event = builders.make_problem(), _event("unsent")
    await store.problems.put(problem, outbox=[event])
    await store.problems.put(replace(problem, title="Later"))
    assert await store.problems.pending_outbox() == [(problem.id, (event,))]
    assert (await store.problems.get(problem.id)).title == "Later"


async def test_clearing_forgets_what_was_sent_and_keeps_what_came_meanwhile(store: Store) -> None:
    problem, equal = builders.make_problem(), _event("same bytes")
    await store.problems.put(problem, outbox=[equal, _event("second")])
    [(_, sent)] = await store.problems.pending_outbox()
    await store.problems.put(problem, outbox=[_event("same bytes"), _event("third")])
    await store.problems.clear_outbox(problem.id, sent)
    [(_, rest)] = await store.problems.pending_outbox()
    assert [event.value[:5] for event in rest] == [b"same ", b"third"]
    await store.problems.clear_outbox(problem.id, rest)
    await store.problems.clear_outbox(problem.id, [])
    assert await store.problems.pending_outbox() == []


async def test_records_come_oldest_first_and_no_more_than_asked(store: Store) -> None:
    for name in ("c", "a", "b"):
        await store.feeds.put(builders.make_feed(id=name), outbox=[_event(name)])
        await asyncio.sleep(0.002)
    assert [record_id for record_id, _ in await store.feeds.pending_outbox(limit=2)] == ["c", "a"]


async def test_racing_writers_lose_no_event(store: Store) -> None:
    feed = builders.make_feed()
    events = [_event(str(i)) for i in range(50)]
    await asyncio.gather(*(store.feeds.put(feed, outbox=[event]) for event in events))
    [(_, pending)] = await store.feeds.pending_outbox()
    assert sorted(event.value for event in pending) == sorted(event.value for event in events)


async def test_clearing_the_outbox_of_a_record_that_is_gone_does_nothing(store: Store) -> None:
    await store.feeds.clear_outbox("nobody", [_event("x")])
    assert await store.feeds.count() == 0
