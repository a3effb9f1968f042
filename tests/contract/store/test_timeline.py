"""The timeline, on both drivers."""

import asyncio
from datetime import timedelta

from microcoder.core.timeline import Stage
from microcoder.store import Store
from microcoder.testing import builders


async def test_an_entry_is_added_once_and_stays_as_it_was(store: Store) -> None:
    entry = builders.make_timeline_entry(details={"raw.digest": "ab", "$x": "y"})
    assert await store.timeline.add(entry)
    assert not await store.timeline.add(builders.make_timeline_entry(summary="Another story."))
    assert await store.timeline.of(entry.problem_id) == [entry]


async def test_of_racing_repeats_one_is_the_first(store: Store) -> None:
    added = await asyncio.gather(*(store.timeline.add(builders.make_timeline_entry()) for _ in range(20)))
    assert added.count(True) == 1


async def test_nothing_is_known_of_an_unknown_problem(store: Store) -> None:
    assert await store.timeline.of("nobody") == []
    assert [life async for life in store.timeline.scan(["nobody"])] == []
    assert [life async for life in store.timeline.scan()] == []


async def test_entries_come_oldest_first_and_by_stage_within_a_millisecond(store: Store) -> None:
    late = builders.make_timeline_entry(Stage.SCORED, time=builders.NOW + timedelta(seconds=1))
    early = [builders.make_timeline_entry(s) for s in (Stage.VERIFIED, Stage.COLLECTED, Stage.NORMALIZED)]
    for entry in (late, *early):
        await store.timeline.add(entry)
    stages = [entry.stage for entry in await store.timeline.of(builders.PROBLEM_ID)]
    assert stages == [Stage.COLLECTED, Stage.NORMALIZED, Stage.VERIFIED, Stage.SCORED]


async def test_scan_gives_each_problem_once_with_its_whole_life(store: Store) -> None:
    stages = (Stage.COLLECTED, Stage.NORMALIZED, Stage.VERIFIED)
    entries = [
        builders.make_timeline_entry(stage, problem_id=f"p{number:03d}", time=builders.NOW + timedelta(seconds=second))
        for number in range(150)
        for second, stage in enumerate(stages)
    ]
    await asyncio.gather(*(store.timeline.add(entry) for entry in reversed(entries)))
    lives = [life async for life in store.timeline.scan()]
    assert [problem_id for problem_id, _ in lives] == [f"p{number:03d}" for number in range(150)]
    assert all(tuple(entry.stage for entry in life) == stages for _, life in lives)


async def test_scan_of_named_problems_gives_those(store: Store) -> None:
    for name in ("a", "b", "c"):
        await store.timeline.add(builders.make_timeline_entry(problem_id=name))
    assert [name async for name, _ in store.timeline.scan(["c", "a", "c", "nobody"])] == ["a", "c"]
