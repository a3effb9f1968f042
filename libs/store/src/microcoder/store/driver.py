"""The two drivers behind one face.

Motor (the default; a thread pool under asyncio) and PyMongo's `AsyncMongoClient` (asyncio all the way) differ, in what
we use of them, in this:

- `close()` is a plain call in motor and awaited in PyMongo;
- `aggregate()` gives a cursor in motor and must be awaited for one in PyMongo;
- the GridFS buckets are `AsyncIOMotorGridFSBucket` and `gridfs.AsyncGridFSBucket`, with the same methods;
- motor's methods return futures, PyMongo's are coroutines: both are awaitables, which is all that is promised here;
- motor runs every operation in a thread, of which it has five per core; in an outage those beyond would wait for the
  time-outs of others, so it gets as many threads as connections (its environment variable MOTOR_MAX_WORKERS, if set,
  wins);
- PyMongo's client belongs to the event loop that it was made in.
"""

import os
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC
from typing import Any, Protocol, Self

from bson.codec_options import CodecOptions
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.results import InsertOneResult, UpdateResult

from microcoder.core.errors import InvalidArgument
from microcoder.store.settings import StoreSettings

Document = dict[str, Any]


class Cursor(Protocol):
    """What a find gives."""

    def sort(self, keys: Sequence[tuple[str, int]]) -> Self: ...
    def limit(self, limit: int) -> Self: ...
    def to_list(self, length: int | None) -> Awaitable[list[Document]]: ...


class Collection(Protocol):
    """What we use of a collection."""

    def find(self, filter: Document, projection: Document | None = None) -> Cursor: ...  # noqa: A002  the drivers' word
    def find_one(self, filter: Document, projection: Document | None = None) -> Awaitable[Document | None]: ...  # noqa: A002
    def insert_one(self, document: Document) -> Awaitable[InsertOneResult]: ...
    def update_one(self, filter: Document, update: Document, upsert: bool = False) -> Awaitable[UpdateResult]: ...  # noqa: A002
    def count_documents(self, filter: Document) -> Awaitable[int]: ...  # noqa: A002
    def create_indexes(self, indexes: Sequence[IndexModel]) -> Awaitable[list[str]]: ...


class Upload(Protocol):
    """A GridFS file that is being written. It exists once it is closed."""

    def write(self, data: bytes) -> Awaitable[None]: ...
    def close(self) -> Awaitable[None]: ...
    def abort(self) -> Awaitable[None]: ...


class Download(Protocol):
    """A GridFS file that is being read."""

    metadata: Mapping[str, Any] | None

    def read(self) -> Awaitable[bytes]: ...


class Bucket(Protocol):
    """What we use of a GridFS bucket."""

    def open_upload_stream(self, filename: str, *, metadata: Mapping[str, Any]) -> Upload: ...
    def open_download_stream_by_name(self, filename: str) -> Awaitable[Download]: ...


class Driver(Protocol):
    """A connection to one database."""

    def collection(self, name: str) -> Collection:
        """A collection; it need not exist yet."""

    def bucket(self, name: str, *, chunk_bytes: int) -> Bucket:
        """A GridFS bucket; it need not exist yet."""

    async def aggregate(self, collection: str, pipeline: Sequence[Document]) -> list[Document]:
        """The whole result of an aggregation."""

    async def command(self, name: str) -> Document:
        """Runs a command without arguments on the database."""

    async def close(self) -> None:
        """Closes all connections."""


def connect(settings: StoreSettings) -> Driver:
    """A connection that is opened when it is first used, and opened again whenever it breaks.

    Raises:
        InvalidArgument: The URI is none of MongoDB's.
    """
    make = _Motor if settings.driver == "motor" else _PyMongo
    try:
        return make(settings)
    except (ConfigurationError, InvalidURI, ValueError) as error:
        # The driver's text may repeat parts of the URI, password included.
        raise InvalidArgument(
            "MICROCODER_STORE__URI is not a MongoDB connection string (mongodb://user:password@host:port/?options; "
            f"special characters percent-encoded): {type(error).__name__}.",
            reason="INVALID_STORE_URI",
        ) from None


def _client_options(settings: StoreSettings) -> dict[str, Any]:
    return {
        "appname": "microcoder",
        "tz_aware": True,
        "maxPoolSize": settings.max_connections,
        "connectTimeoutMS": int(settings.connect_timeout_s * 1000),
        "serverSelectionTimeoutMS": int(settings.server_selection_timeout_s * 1000),
        # Not timeoutMS: under it the driver repeats a failed operation until that time is over, however short the wait
        # for a server is set, and an outage would show 30 s late.
        "socketTimeoutMS": int(settings.answer_timeout_s * 1000),
        "retryReads": True,
        "retryWrites": True,
    }


_DATABASE_OPTIONS: dict[str, Any] = {
    "codec_options": CodecOptions(tz_aware=True, tzinfo=UTC),
    "read_preference": ReadPreference.PRIMARY,
    "write_concern": WriteConcern(w="majority", j=True),
}


class _Motor:
    def __init__(self, settings: StoreSettings) -> None:
        os.environ.setdefault("MOTOR_MAX_WORKERS", str(settings.max_connections))  # read when motor is first imported
        from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorGridFSBucket  # noqa: PLC0415  only if chosen

        self._client = AsyncIOMotorClient(settings.uri.get_secret_value(), **_client_options(settings))
        self._database = self._client.get_database(settings.database, **_DATABASE_OPTIONS)
        self._bucket_type = AsyncIOMotorGridFSBucket

    def collection(self, name: str) -> Collection:
        collection: Collection = self._database[name]
        return collection

    def bucket(self, name: str, *, chunk_bytes: int) -> Bucket:
        bucket: Bucket = self._bucket_type(self._database, name, chunk_size_bytes=chunk_bytes)
        return bucket

    async def aggregate(self, collection: str, pipeline: Sequence[Document]) -> list[Document]:
        documents: list[Document] = await self._database[collection].aggregate(list(pipeline)).to_list(None)
        return documents

    async def command(self, name: str) -> Document:
        answer: Document = await self._database.command(name)
        return answer

    async def close(self) -> None:
        self._client.close()


class _PyMongo:
    def __init__(self, settings: StoreSettings) -> None:
        from gridfs import AsyncGridFSBucket  # noqa: PLC0415  only if chosen
        from pymongo import AsyncMongoClient  # noqa: PLC0415

        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.uri.get_secret_value(), **_client_options(settings)
        )
        self._database = self._client.get_database(settings.database, **_DATABASE_OPTIONS)
        self._bucket_type = AsyncGridFSBucket

    def collection(self, name: str) -> Collection:
        collection: Any = self._database[name]
        return collection  # type: ignore[no-any-return]

    def bucket(self, name: str, *, chunk_bytes: int) -> Bucket:
        bucket: Bucket = self._bucket_type(self._database, name, chunk_size_bytes=chunk_bytes)
        return bucket

    async def aggregate(self, collection: str, pipeline: Sequence[Document]) -> list[Document]:
        cursor = await self._database[collection].aggregate(list(pipeline))
        return await cursor.to_list(None)

    async def command(self, name: str) -> Document:
        return await self._database.command(name)

    async def close(self) -> None:
        await self._client.close()
