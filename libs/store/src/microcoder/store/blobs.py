"""Blobs on GridFS.

A blob's file name is the SHA-256 of its raw bytes. Every upload has an id of its own, so that uploads of the same bytes
at the same time cannot disturb each other; a unique index on the file name lets one of them win. GridFS writes the
chunks first and the file's entry last, and only the entry counts: what a crash leaves behind is never taken for a blob.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import zstandard
from bson import ObjectId
from gridfs.errors import CorruptGridFile, FileExists, NoFile
from pymongo.errors import PyMongoError

from microcoder.core.errors import DataLoss, InvalidArgument, NotFound
from microcoder.core.ids import digest_of
from microcoder.store.driver import Document, Driver
from microcoder.store.errors import translated
from microcoder.store.settings import StoreSettings

R = TypeVar("R")

BUCKET = "blobs"
FILES = f"{BUCKET}.files"
CHUNKS = f"{BUCKET}.chunks"

_IN_THREAD_BYTES = 256 * 1024


class GridBlobStore:
    """Fills the port `BlobStore`."""

    def __init__(self, driver: Driver, settings: StoreSettings) -> None:
        self._driver = driver
        self._files = driver.collection(FILES)
        self._bucket = driver.bucket(BUCKET, chunk_bytes=settings.blob_chunk_bytes)
        self._limit = settings.blob_limit_bytes
        self._level = settings.blob_compression_level

    async def put(self, data: bytes) -> str:
        if len(data) > self._limit:
            raise InvalidArgument(
                f"A blob of {len(data)} bytes is larger than the limit of {self._limit}. "
                "Leave it out, or raise MICROCODER_STORE__BLOB_LIMIT_BYTES.",
                reason="BLOB_TOO_LARGE",
            )
        digest = await _off_loop(len(data), lambda: digest_of(data))
        if not await self.has(digest):
            packed = await _off_loop(len(data), lambda: zstandard.ZstdCompressor(level=self._level).compress(data))
            await self._upload(digest, packed, raw_bytes=len(data))
        return digest

    async def get(self, digest: str) -> bytes:
        with translated(f"Reading blob {digest}"):
            try:
                stream = await self._bucket.open_download_stream_by_name(digest)
                packed = await stream.read()
                raw_bytes = (stream.metadata or {}).get("raw_bytes")
            except NoFile:
                raise NotFound(f"There is no blob {digest}.") from None
            except CorruptGridFile as error:
                raise DataLoss(f"Blob {digest} is damaged: {error}") from error
        return await _off_loop(len(packed), lambda: _unpack(packed, digest, raw_bytes))

    async def has(self, digest: str) -> bool:
        with translated(f"Looking for blob {digest}"):
            return await self._files.find_one({"filename": digest}, {"_id": 1}) is not None

    async def find_orphans(self, *, before: datetime) -> list[str]:
        """Ids of uploads that were begun before a time and never finished: their chunks have no file.

        Give a time that no running upload can have begun before, for example an hour ago.
        """
        pipeline: list[Document] = [
            {"$match": {"files_id": {"$lt": ObjectId.from_datetime(before)}}},
            {"$group": {"_id": "$files_id"}},
            {"$lookup": {"from": FILES, "localField": "_id", "foreignField": "_id", "as": "file"}},
            {"$match": {"file": []}},
            {"$sort": {"_id": 1}},
        ]
        with translated("Looking for unfinished uploads"):
            return [str(document["_id"]) for document in await self._driver.aggregate(CHUNKS, pipeline)]

    async def _upload(self, digest: str, packed: bytes, *, raw_bytes: int) -> None:
        with translated(f"Writing blob {digest}"):
            upload = self._bucket.open_upload_stream(digest, metadata={"codec": "zstd", "raw_bytes": raw_bytes})
            try:
                await upload.write(packed)
                await upload.close()
            except FileExists:
                await upload.abort()
            except PyMongoError:
                # If the clean-up fails too, the chunks stay as an orphan; the error to tell is the first one.
                with suppress(PyMongoError):
                    await upload.abort()
                raise


def _unpack(packed: bytes, digest: str, raw_bytes: int | None) -> bytes:
    try:
        # The decompressor allocates what the frame claims: compare first.
        if zstandard.frame_content_size(packed) != raw_bytes:
            raise DataLoss(f"Blob {digest} is damaged: its length is not the one that was stored.")
        data = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise DataLoss(f"Blob {digest} is damaged: {error}.") from error
    if digest_of(data) != digest:
        raise DataLoss(f"Blob {digest} is damaged: its bytes have the digest {digest_of(data)}.")
    return data


async def _off_loop(size: int, work: Callable[[], R]) -> R:
    """Hashing and compressing let go of the interpreter lock; a large piece would hold up the event loop."""
    return await asyncio.to_thread(work) if size > _IN_THREAD_BYTES else work()
