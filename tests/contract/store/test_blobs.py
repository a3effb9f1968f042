"""Blobs, on both drivers."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
import zstandard

from microcoder.core.errors import DataLoss, InvalidArgument, NotFound
from microcoder.core.ids import digest_of
from microcoder.store import Store, StoreSettings
from microcoder.store.blobs import GridBlobStore
from microcoder.testing.store import collection_of

_ABSENT = digest_of(b"never stored")


@pytest.mark.parametrize("data", [b"", b"3\n", b"1 2 3\n" * 500_000, os.urandom(3_000_000)])
async def test_bytes_come_back_under_their_digest(store: Store, data: bytes) -> None:
    digest = await store.blobs.put(data)
    assert digest == digest_of(data)
    assert await store.blobs.has(digest)
    assert await store.blobs.get(digest) == data


async def test_bytes_lie_compressed(store: Store, store_settings: StoreSettings) -> None:
    await store.blobs.put(b"1 2 3\n" * 100_000)
    with collection_of(store_settings, "blobs.files") as files:
        [file] = files.find({})
    assert file["length"] < 10_000
    assert file["metadata"]["raw_bytes"] == 600_000


async def test_what_was_never_stored_is_not_found(store: Store) -> None:
    assert not await store.blobs.has(_ABSENT)
    for name in (_ABSENT, "", "../../etc/passwd"):
        with pytest.raises(NotFound):
            await store.blobs.get(name)


async def test_the_same_bytes_are_stored_once_however_many_put_them(
    store: Store, store_settings: StoreSettings
) -> None:
    data = os.urandom(2_500_000)
    digests = await asyncio.gather(*(store.blobs.put(data) for _ in range(12)))
    assert set(digests) == {digest_of(data)}
    assert await store.blobs.put(data) == digest_of(data)
    assert await store.blobs.get(digest_of(data)) == data
    with collection_of(store_settings, "blobs.files") as files:
        assert files.count_documents({}) == 1
    with collection_of(store_settings, "blobs.chunks") as chunks:
        assert len(chunks.distinct("files_id")) == 1, "a loser of the race left its chunks behind"


async def test_too_large_a_blob_is_refused(store_settings: StoreSettings, store: Store) -> None:
    del store
    small = await Store.open(store_settings.model_copy(update={"blob_limit_bytes": 1000}))
    try:
        await small.blobs.put(b"x" * 1000)
        with pytest.raises(InvalidArgument, match="1001 bytes") as refused:
            await small.blobs.put(b"x" * 1001)
    finally:
        await small.close()
    assert refused.value.reason == "BLOB_TOO_LARGE"


@pytest.mark.parametrize(
    "damage",
    [
        {"$set": {"data": b"no zstd frame"}},
        {"$set": {"data": zstandard.compress(b"something else of the same length")}},
        {"$set": {"n": 7}},
    ],
    ids=["garbage", "other bytes", "missing chunk"],
)
async def test_damage_is_found_when_read(
    store: Store, store_settings: StoreSettings, damage: dict[str, object]
) -> None:
    digest = await store.blobs.put(b"these are exactly 33 bytes, right")
    with collection_of(store_settings, "blobs.chunks") as chunks:
        assert chunks.update_one({}, damage).modified_count == 1
    with pytest.raises(DataLoss, match=digest[:12]):
        await store.blobs.get(digest)


async def test_a_frame_that_claims_another_length_is_not_unpacked(store: Store, store_settings: StoreSettings) -> None:
    digest = await store.blobs.put(b"small")
    bomb = zstandard.compress(b"\0" * 50_000_000)
    with collection_of(store_settings, "blobs.chunks") as chunks:
        chunks.update_one({}, {"$set": {"data": bomb}})
    with collection_of(store_settings, "blobs.files") as files:
        files.update_one({}, {"$set": {"length": len(bomb)}})
    with pytest.raises(DataLoss, match="length"):
        await store.blobs.get(digest)


async def test_a_half_written_upload_is_no_blob_and_is_found_as_an_orphan(
    store: Store, store_settings: StoreSettings
) -> None:
    data = os.urandom(2_500_000)
    digest = await store.blobs.put(data)
    with collection_of(store_settings, "blobs.files") as files:
        files.delete_one({"filename": digest})  # the state that a crash before the last write of an upload leaves
    assert isinstance(store.blobs, GridBlobStore)
    assert not await store.blobs.has(digest)
    [orphan] = await store.blobs.find_orphans(before=datetime.now(UTC) + timedelta(seconds=2))
    assert await store.blobs.find_orphans(before=datetime.now(UTC) - timedelta(hours=1)) == []
    assert await store.blobs.put(data) == digest
    assert await store.blobs.get(digest) == data
    assert await store.blobs.find_orphans(before=datetime.now(UTC) + timedelta(seconds=2)) == [orphan]
