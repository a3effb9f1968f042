"""Filters, orders and page tokens."""

import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.store.codec import Document, to_bson
from microcoder.store.driver import Collection
from microcoder.store.errors import translated

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: the last key is unique."""

    keys: tuple[str, ...]
    direction: int = 1
    """1 ascending, -1 descending."""

    @property
    def sort(self) -> list[tuple[str, int]]:
        """In the driver's form."""
        return [(key, self.direction) for key in self.keys]

    def position(self, document: Document) -> list[Any]:
        """Where `document` stands in this order."""
        return [document[key] for key in self.keys]

    def after(self, position: Sequence[Any]) -> Document:
        """The filter for what comes after `position`."""
        operator = "$gt" if self.direction > 0 else "$lt"
        alternatives = [
            {**dict(zip(self.keys[:i], position, strict=False)), key: {operator: position[i]}}
            for i, key in enumerate(self.keys)
        ]
        return alternatives[0] if len(alternatives) == 1 else {"$or": alternatives}


BY_ID = Order(("_id",))
NEWEST_FIRST = Order(("created_time", "_id"), -1)


def to_filter(where: Mapping[str, Any] | None, fields: AbstractSet[str]) -> Document:
    """The driver's filter for `where` on records with `fields`.

    Raises:
        InvalidArgument: A field that the record does not have, or a value that is neither plain nor a list.
    """
    query: Document = {}
    for path, value in (where or {}).items():
        head = path.partition(".")[0]
        if head not in fields:
            raise InvalidArgument(f"There is no field {head!r} to filter by.", fields={path: "unknown"})
        if isinstance(value, Mapping):
            raise InvalidArgument(f"{path}: filter by a plain value or a list of them.", fields={path: "a mapping"})
        name = "_id" if path == "id" else path
        many = isinstance(value, (list, tuple))
        query[name] = {"$in": [to_bson(v) for v in value]} if many else {"$eq": to_bson(value)}
    return query


def both(first: Document, second: Document) -> Document:
    """The filter for what fits both."""
    return {"$and": [first, second]} if first and second else first or second


async def walk(
    collection: Collection, query: Document, order: Order, *, what: str, batch: int = _BATCH
) -> AsyncIterator[Document]:
    """All documents that fit, in order, read in batches that each start after the last document seen.

    So a slow reader holds no cursor open, and nothing is skipped or repeated, whatever is written meanwhile.
    """
    rest: Document = {}
    while True:
        with translated(what):
            documents = await collection.find(both(query, rest)).sort(order.sort).limit(batch).to_list(None)
        for document in documents:
            yield document
        if len(documents) < batch:
            return
        rest = order.after(order.position(documents[-1]))


class PageToken:
    """Opaque tokens: base64url of the position of the last item and a mark of the list that it belongs to."""

    def __init__(self, collection: str, query: Document, order: Order) -> None:
        form = json.dumps([collection, query, order.keys, order.direction], sort_keys=True, default=str)
        self._mark = hashlib.sha256(form.encode()).hexdigest()[:12]
        self._order = order

    def encode(self, document: Document) -> str:
        """The token for what comes after `document`."""
        position = [_to_json(value) for value in self._order.position(document)]
        return base64.urlsafe_b64encode(json.dumps([self._mark, *position]).encode()).decode()

    def decode(self, token: str) -> Document:
        """The filter for what comes after; everything for the empty token.

        Raises:
            InvalidArgument: The token is none of ours or belongs to another list.
        """
        if not token:
            return {}
        try:
            mark, *position = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
            if mark != self._mark or len(position) != len(self._order.keys):
                raise ValueError(mark)
            return self._order.after([_from_json(value) for value in position])
        except (ValueError, TypeError, KeyError, OverflowError, binascii.Error) as error:
            raise InvalidArgument(
                "The page token does not belong to this list. Start again without one.",
                fields={"page_token": "not a token of this list"},
            ) from error


def _to_json(value: Any) -> Any:
    return {"ms": (value - _EPOCH) // timedelta(milliseconds=1)} if isinstance(value, datetime) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return _EPOCH + timedelta(milliseconds=int(value["ms"]))
    if not isinstance(value, str):
        raise TypeError(value)
    return value
