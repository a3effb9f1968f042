import tempfile
from pathlib import Path

import pytest

from microcoder.store import Store, StoreSettings
from microcoder.testing import mongo
from microcoder.testing.builders import make_feed, make_problem, make_timeline_entry


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_gets_an_empty_migrated_store(store: Store, turn: int) -> None:
    assert await store.migrate() == []
    assert [life async for life in store.timeline.scan()] == []
    await store.feeds.insert(make_feed(message=str(turn)))
    await store.timeline.add(make_timeline_entry())
    await store.blobs.put(b"x")


async def test_the_settings_name_the_same_database(store: Store, store_settings: StoreSettings) -> None:
    await store.feeds.put(make_feed())
    other = await Store.open(store_settings)
    try:
        assert await other.feeds.get("feed") == make_feed()
    finally:
        await other.close()


def test_what_needs_a_mongod_is_marked(mongodb_uri: str, request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("mongo") is not None


def test_what_a_killed_test_process_left_is_cleared_away(
    mongodb_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = mongo._fresh_folder()
    process = mongo.start_or_skip(left)
    assert mongo._fresh_folder() != left
    assert left.exists(), "its owner still lives"
    process.lock.close()  # what the system does when the owner is killed
    mongo._fresh_folder()
    assert not left.exists()
    assert process.process.wait(10) == 0


def test_builders_take_any_field_and_no_other() -> None:
    assert make_problem(title="Sum").title == "Sum"
    assert make_problem("a").id != make_problem("b").id
    with pytest.raises(TypeError, match="titel"):
        make_problem(titel="Sum")
