"""Outbox records inside the document of the record they tell about.

One document is written atomically, so state and outbox go together without a transaction, and a standalone mongod will
do.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from microcoder.store.codec import OUTBOX, Document
from microcoder.store.port import OutboxRecord

ADDED = f"{OUTBOX}.added_time"
"""Path of an index; sparse, so that only documents with something unsent are in it."""

PENDING: Document = {ADDED: {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}
"""The filter for documents with something unsent; a range, because that is what a sparse index can answer."""


def to_documents(records: Sequence[OutboxRecord]) -> list[Document]:
    """The records as array elements, in order."""
    now = datetime.now(UTC)
    return [{"id": r.id, "topic": r.topic, "key": r.key, "value": r.value, "added_time": now} for r in records]


def push(records: Sequence[OutboxRecord]) -> Document:
    """The part of an update that adds the records and leaves those there alone; empty where there are none."""
    return {"$push": {OUTBOX: {"$each": to_documents(records)}}} if records else {}


def pull(records: Sequence[OutboxRecord]) -> Document:
    """The update that removes the records."""
    return {"$pull": {OUTBOX: {"id": {"$in": [record.id for record in records]}}}}


def read(document: Mapping[str, Any]) -> tuple[OutboxRecord, ...]:
    """The unsent records of a document, oldest first."""
    return tuple(
        OutboxRecord(id=d["id"], topic=d["topic"], key=d["key"], value=bytes(d["value"]))
        for d in document.get(OUTBOX, ())
    )
