"""Reading and writing records, on both drivers."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from microcoder.core.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from microcoder.core.run import RunState
from microcoder.store import Store, StoreSettings
from microcoder.testing import builders
from microcoder.testing.store import collection_of


async def test_what_is_put_is_read_back_equal(store: Store) -> None:
    problem = builders.make_problem()
    await store.problems.put(problem)
    assert await store.problems.get(problem.id) == problem
    assert await store.problems.find(problem.id) == problem


async def test_metric_names_may_hold_dots_and_dollars(store: Store) -> None:
    values = {"completions/mean_length": 1.5, "a.b": 2.0, "$set": 3.0, "100%": float("inf"), "": 0.0, "ключ": 1e-300}
    point = builders.make_metric_point(values=values)
    await store.training_metrics.put(point)
    assert await store.training_metrics.get(point.id) == point


async def test_what_is_absent_is_not_found(store: Store) -> None:
    assert await store.problems.find("nobody") is None
    with pytest.raises(NotFound, match="nobody"):
        await store.problems.get("nobody")


async def test_get_many_gives_those_that_exist_in_the_order_asked(store: Store) -> None:
    for name in ("a", "b", "c"):
        await store.feeds.put(builders.make_feed(id=name))
    found = await store.feeds.get_many(["c", "nobody", "a", "c", *(f"x{i}" for i in range(1500))])
    assert list(found) == ["c", "a"]
    assert found["a"].id == "a"
    assert await store.feeds.get_many([]) == {}


async def test_insert_refuses_an_id_that_is_taken(store: Store) -> None:
    await store.feeds.insert(builders.make_feed(message="first"))
    with pytest.raises(AlreadyExists):
        await store.feeds.insert(builders.make_feed(message="second"))
    assert (await store.feeds.get("feed")).message == "first"


async def test_put_replaces_all_fields(store: Store) -> None:
    await store.training_runs.put(builders.make_training_run(mean_reward=0.5, checkpoint="step-10"))
    bare = builders.make_training_run()
    await store.training_runs.put(bare)
    assert await store.training_runs.get(bare.id) == bare


async def test_put_replaces_a_mapping_as_a_whole(store: Store) -> None:
    await store.training_metrics.put(builders.make_metric_point(values={"old": 1.0}))
    await store.training_metrics.put(builders.make_metric_point(values={"new": 2.0}))
    assert (await store.training_metrics.get("train-000001:000001")).values == {"new": 2.0}


async def test_an_older_revision_is_stale_and_an_equal_one_is_written_again(store: Store) -> None:
    second = builders.make_problem(revision=2, title="Second")
    assert await store.problems.put_revision(second)
    assert not await store.problems.put_revision(builders.make_problem(revision=1, title="First"))
    assert await store.problems.get(second.id) == second
    again = replace(second, title="Second, again")
    assert await store.problems.put_revision(again)
    assert await store.problems.get(second.id) == again
    assert await store.problems.put_revision(replace(second, revision=3))


async def test_the_newest_of_racing_revisions_wins(store: Store) -> None:
    for round_ in range(5):
        revisions = [builders.make_problem(f"race{round_}", revision=r) for r in range(1, 13)]
        written = await asyncio.gather(*(store.problems.put_revision(r) for r in revisions[::2] + revisions[1::2]))
        assert any(written)
        assert (await store.problems.get(revisions[0].id)).revision == 12


async def test_records_without_revision_cannot_be_put_by_it(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="no revision"):
        await store.feeds.put_revision(builders.make_feed())


async def test_racing_puts_of_a_new_id_all_succeed(store: Store) -> None:
    await asyncio.gather(*(store.feeds.put(builders.make_feed(message=str(i))) for i in range(40)))
    assert await store.feeds.count() == 1


async def test_replace_if_writes_only_while_the_condition_holds(store: Store) -> None:
    run = builders.make_training_run()
    await store.training_runs.put(run)
    started = replace(run, state=RunState.RUNNING)
    assert await store.training_runs.replace_if(started, {"state": RunState.PENDING})
    assert not await store.training_runs.replace_if(replace(run, message="lost"), {"state": [RunState.PENDING]})
    assert not await store.training_runs.replace_if(replace(run, id="nobody"), {"state": RunState.PENDING})
    assert await store.training_runs.get(run.id) == started


async def test_of_racing_claims_one_wins(store: Store) -> None:
    run = builders.make_training_run()
    await store.training_runs.put(run)
    claims = [replace(run, state=RunState.RUNNING, message=str(i)) for i in range(20)]
    won = await asyncio.gather(*(store.training_runs.replace_if(c, {"state": RunState.PENDING}) for c in claims))
    assert won.count(True) == 1
    assert (await store.training_runs.get(run.id)).message == str(won.index(True))


async def test_count_and_scan_by_field_nested_field_and_list(store: Store) -> None:
    for name, language in (("a", "en"), ("b", "sv"), ("c", "en")):
        await store.problems.put(builders.make_problem(name, language=language, tags=("graphs", name)))

    async def titles(where: dict[str, Any] | None) -> list[str]:
        return [problem.external_id async for problem in store.problems.scan(where)]

    assert await titles(None) == ["a", "b", "c"]
    assert await titles({"language": "en"}) == ["a", "c"]
    assert await titles({"limits.cpu_time_ms": 2_000, "external_id": ["b", "c", "d"]}) == ["b", "c"]
    assert await titles({"tags": "b"}) == ["b"]
    assert await titles({"id": builders.make_problem("c").id}) == ["c"]
    assert await titles({"external_id": []}) == []
    assert await store.problems.count({"language": "en"}) == 2


@pytest.mark.parametrize("where", [{"titel": "x"}, {"title": {"$ne": ""}}, {"$where": "true"}, {"_id": "x"}])
async def test_conditions_that_mean_nothing_are_refused(store: Store, where: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        await store.problems.count(where)


async def test_scan_reads_more_than_one_batch_in_order(store: Store) -> None:
    points = [builders.make_metric_point(step) for step in range(1, 451)]
    await asyncio.gather(*(store.training_metrics.put(point) for point in points))
    assert [point async for point in store.training_metrics.scan({"run_id": points[0].run_id})] == points


async def test_a_record_over_16_mib_is_refused(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="16 MiB") as refused:
        await store.problems.put(builders.make_problem(statement="x" * (17 * 1024 * 1024)))
    assert refused.value.reason == "RECORD_TOO_LARGE"


@pytest.mark.parametrize(
    "fields", [{"title": "lone \ud800 surrogate"}, {"revision": 2**70}, {"published_time": datetime(2026, 1, 1)}]
)
async def test_values_that_cannot_be_stored_are_refused(store: Store, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        await store.problems.put(builders.make_problem(**fields))


async def test_a_newer_version_may_add_fields_and_its_schema_is_refused(
    store: Store, store_settings: StoreSettings
) -> None:
    feed = builders.make_feed()
    await store.feeds.put(feed)
    with collection_of(store_settings, "feeds") as feeds:
        assert feeds.find_one({})["schema_version"] == 1  # type: ignore[index]
        feeds.update_one({}, {"$set": {"mood": "new"}})
        assert await store.feeds.get(feed.id) == feed
        feeds.update_one({}, {"$set": {"schema_version": 2}})
        with pytest.raises(FailedPrecondition, match=r"schema version 2.*Upgrade") as refused:
            await store.feeds.get(feed.id)
    assert refused.value.reason == "NEWER_SCHEMA"


async def test_a_document_that_does_not_fit_is_named(store: Store, store_settings: StoreSettings) -> None:
    await store.training_runs.put(builders.make_training_run())
    with collection_of(store_settings, "training_runs") as runs:
        runs.update_one({}, {"$set": {"state": "dreaming"}})
    with pytest.raises(FailedPrecondition, match=r"train-000001.*state") as refused:
        await store.training_runs.get("train-000001")
    assert refused.value.reason == "UNREADABLE_RECORD"
