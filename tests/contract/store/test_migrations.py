"""Bringing the database up to date, on both drivers."""

import asyncio

import pytest

from microcoder.core.errors import AlreadyExists
from microcoder.store import Store, StoreSettings
from microcoder.store.migrations import MIGRATIONS
from microcoder.store.schema import all_indexes
from microcoder.testing.store import collection_of

_ALL = [migration.name for migration in MIGRATIONS]


async def _migrate(settings: StoreSettings) -> list[str]:
    store = await Store.open(settings)
    try:
        return await store.migrate()
    finally:
        await store.close()


def _index_keys(settings: StoreSettings) -> dict[str, set[tuple[tuple[str, int], ...]]]:
    found = {}
    for name in all_indexes():
        with collection_of(settings, name) as collection:
            found[name] = {tuple(index["key"].items()) for index in collection.list_indexes()}
    return found


async def test_opening_a_store_changes_nothing(unmade: StoreSettings) -> None:
    await (await Store.open(unmade)).close()
    with collection_of(unmade, "migrations") as migrations:
        assert migrations.database.list_collection_names() == []


async def test_all_indexes_are_there_afterwards_and_a_repeat_does_nothing(unmade: StoreSettings) -> None:
    assert await _migrate(unmade) == _ALL
    found = _index_keys(unmade)
    for name, models in all_indexes().items():
        assert {tuple(model.document["key"].items()) for model in models} <= found[name]
    assert await _migrate(unmade) == []
    assert _index_keys(unmade) == found


async def test_six_services_may_do_it_at_once(unmade: StoreSettings) -> None:
    await asyncio.gather(*(_migrate(unmade) for _ in range(6)))
    with collection_of(unmade, "migrations") as migrations:
        assert [document["name"] for document in migrations.find({}).sort("_id")] == _ALL
    assert await _migrate(unmade) == []


async def test_one_that_was_cut_off_is_done_again(unmade: StoreSettings) -> None:
    await _migrate(unmade)
    with collection_of(unmade, "migrations") as migrations:
        migrations.delete_one({"_id": 1})
    assert await _migrate(unmade) == _ALL[:1]


async def test_data_that_breaks_a_unique_index_is_told(unmade: StoreSettings) -> None:
    with collection_of(unmade, "blobs.files") as files:
        files.insert_many([{"filename": "same"}, {"filename": "same"}])
    with pytest.raises(AlreadyExists, match=r"Migration 1 .*filename"):
        await _migrate(unmade)


async def test_lists_and_the_outbox_are_answered_by_indexes(store: Store, store_settings: StoreSettings) -> None:
    del store
    queries = {
        "imports": ({"state": "running"}, [("created_time", -1), ("_id", -1)]),
        "problems": ({"statement_digest": "x"}, [("_id", 1)]),
        "feeds": ({"outbox.added_time": {"$gt": 0}}, [("outbox.added_time", 1)]),
        "timeline": ({"problem_id": {"$in": ["a", "b"]}}, [("problem_id", 1), ("time", 1), ("_id", 1)]),
        "blobs.files": ({"filename": "x"}, [("_id", 1)]),
    }
    for name, (query, order) in queries.items():
        with collection_of(store_settings, name) as collection:
            plan = str(collection.find(query).sort(order).explain()["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan, name
        assert "COLLSCAN" not in plan, name
