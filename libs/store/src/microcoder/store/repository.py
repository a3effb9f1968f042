"""The records of one collection."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Generic, TypeVar

from pymongo.errors import DuplicateKeyError

from microcoder.core.errors import InvalidArgument, NotFound
from microcoder.store import outbox as outboxes
from microcoder.store.codec import OUTBOX, Codec, Document
from microcoder.store.driver import Collection
from microcoder.store.errors import is_duplicate_id, translated
from microcoder.store.port import OutboxRecord, Page, Where
from microcoder.store.query import BY_ID, NEWEST_FIRST, PageToken, both, to_filter, walk

T = TypeVar("T")

_IDS_PER_QUERY = 1000


class MongoRepository(Generic[T]):
    """Fills the port `Repository`.

    Args:
        name: Of the collection, for messages and page tokens.
        collection: Where the documents lie.
        codec: Between records and documents.
    """

    def __init__(self, name: str, collection: Collection, codec: Codec[T]) -> None:
        self._name = name
        self._collection = collection
        self._codec = codec

    async def find(self, record_id: str) -> T | None:
        with translated(f"Reading {self._name}/{record_id}"):
            document = await self._collection.find_one({"_id": record_id}, {OUTBOX: 0})
        return None if document is None else self._codec.decode(document)

    async def get(self, record_id: str) -> T:
        record = await self.find(record_id)
        if record is None:
            raise NotFound(f"There is no {record_id!r} in {self._name}.")
        return record

    async def get_many(self, record_ids: Sequence[str]) -> dict[str, T]:
        found: dict[str, T] = {}
        for ids in _chunks(list(dict.fromkeys(record_ids))):
            with translated(f"Reading {len(ids)} of {self._name}"):
                documents = await self._collection.find({"_id": {"$in": ids}}, {OUTBOX: 0}).to_list(None)
            found |= {document["_id"]: self._codec.decode(document) for document in documents}
        return {record_id: found[record_id] for record_id in record_ids if record_id in found}

    async def insert(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> None:
        document = self._codec.encode(record)
        if outbox:
            document[OUTBOX] = outboxes.to_documents(outbox)
        with self._writing(document):
            await self._collection.insert_one(document)

    async def put(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> None:
        document = self._codec.encode(record)
        with self._writing(document):
            await self._collection.update_one({"_id": document["_id"]}, _update(document, outbox), upsert=True)

    async def put_revision(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> bool:
        document = self._codec.encode(record)
        if "revision" not in document:
            raise InvalidArgument(f"Records of {self._name} have no revision; use put.")
        not_newer = {"_id": document["_id"], "revision": {"$lte": document["revision"]}}
        with self._writing(document):
            try:
                await self._collection.update_one(not_newer, _update(document, outbox), upsert=True)
            except DuplicateKeyError as error:
                if not is_duplicate_id(error):
                    raise
                # The id is there: with a newer revision, or made by an upsert that met ours. Now it is certain which.
                result = await self._collection.update_one(not_newer, _update(document, outbox))
                return result.matched_count == 1
        return True

    async def replace_if(self, record: T, where: Where, *, outbox: Sequence[OutboxRecord] = ()) -> bool:
        document = self._codec.encode(record)
        condition = both({"_id": document["_id"]}, to_filter(where, self._codec.fields))
        with self._writing(document):
            result = await self._collection.update_one(condition, _update(document, outbox))
        return result.matched_count == 1

    async def page(
        self, *, page_size: int, page_token: str = "", where: Where | None = None, newest_first: bool = False
    ) -> Page[T]:
        if page_size < 1:
            raise InvalidArgument("A page holds at least one item.", fields={"page_size": "below 1"})
        if newest_first and "created_time" not in self._codec.fields:
            raise InvalidArgument(f"Records of {self._name} have no created_time to order them by.")
        order = NEWEST_FIRST if newest_first else BY_ID
        query = to_filter(where, self._codec.fields)
        token = PageToken(self._name, query, order)
        wanted = both(query, token.decode(page_token))
        with translated(f"Listing {self._name}"):
            cursor = self._collection.find(wanted, {OUTBOX: 0}).sort(order.sort).limit(page_size + 1)
            documents = await cursor.to_list(None)
        shown = documents[:page_size]
        next_token = token.encode(shown[-1]) if len(documents) > page_size else ""
        return Page(items=tuple(map(self._codec.decode, shown)), next_token=next_token)

    async def scan(self, where: Where | None = None) -> AsyncIterator[T]:
        query = to_filter(where, self._codec.fields)
        async for document in walk(self._collection, query, BY_ID, what=f"Scanning {self._name}"):
            yield self._codec.decode(document)

    async def count(self, where: Where | None = None) -> int:
        query = to_filter(where, self._codec.fields)
        with translated(f"Counting {self._name}"):
            return await self._collection.count_documents(query)

    async def pending_outbox(self, *, limit: int = 100) -> list[tuple[str, tuple[OutboxRecord, ...]]]:
        with translated(f"Reading the outbox of {self._name}"):
            cursor = self._collection.find(outboxes.PENDING, {OUTBOX: 1}).sort([(outboxes.ADDED, 1)]).limit(limit)
            documents = await cursor.to_list(None)
        return [(document["_id"], outboxes.read(document)) for document in documents]

    async def clear_outbox(self, record_id: str, sent: Sequence[OutboxRecord]) -> None:
        if not sent:
            return
        with translated(f"Clearing the outbox of {self._name}/{record_id}"):
            await self._collection.update_one({"_id": record_id}, outboxes.pull(sent))

    def _writing(self, document: Document) -> AbstractContextManager[None]:
        return translated(f"Writing {self._name}/{document['_id']}")


def _update(document: Document, outbox: Sequence[OutboxRecord]) -> Document:
    """Sets every field of the record and adds to the outbox, so that nothing unsent is dropped."""
    fields = {name: value for name, value in document.items() if name != "_id"}
    return {"$set": fields, **outboxes.push(outbox)}


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _IDS_PER_QUERY)):
        yield chunk
