"""What services see of the store. Nothing of a driver shows here.

Every method may raise `Unavailable` where the database does not answer: a read can be repeated, and so can a write,
which may or may not have been made. A write that returned is durable. Beside what is said below, writes raise
`InvalidArgument` for a record that cannot be stored (too large, a time without zone), and reads raise
`FailedPrecondition` for a document that a newer version of this software wrote in a form of its own.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from microcoder.core.timeline import TimelineEntry

T = TypeVar("T")
Where = Mapping[str, Any]
"""Equality on fields, by name; `a.b` reaches into nested values; a list value means any of its members.

A field that the record does not have, or a mapping as value, is an `InvalidArgument`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRecord:
    """A bus record that is written in the same write as the state it tells about, and sent afterwards."""

    topic: str
    key: str
    value: bytes
    id: str = field(default_factory=lambda: secrets.token_hex(12), compare=False)
    """Names it in its outbox, so that clearing it leaves an equal one alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list."""

    items: tuple[T, ...]
    next_token: str
    """For the next page; empty on the last."""


class Repository(Protocol[T]):
    """The records of one collection, keyed by their field `id`. One service writes it, all may read it."""

    async def find(self, record_id: str) -> T | None:
        """The record, or None."""

    async def get(self, record_id: str) -> T:
        """The record.

        Raises:
            NotFound: There is none.
        """

    async def get_many(self, record_ids: Sequence[str]) -> dict[str, T]:
        """Those of the records that exist, by id."""

    async def insert(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> None:
        """Writes a new record.

        Raises:
            AlreadyExists: The id, or a field that must be unique, is taken.
        """

    async def put(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> None:
        """Writes the record, new or not."""

    async def put_revision(self, record: T, *, outbox: Sequence[OutboxRecord] = ()) -> bool:
        """Writes the record unless a newer `revision` is there. False where it was stale and nothing was written."""

    async def replace_if(self, record: T, where: Where, *, outbox: Sequence[OutboxRecord] = ()) -> bool:
        """Replaces the record only while the stored one fits `where`. False where it did not."""

    async def page(
        self, *, page_size: int, page_token: str = "", where: Where | None = None, newest_first: bool = False
    ) -> Page[T]:
        """A page, by id ascending, or by `created_time` descending where `newest_first`.

        Raises:
            InvalidArgument: The token is none of ours.
        """

    def scan(self, where: Where | None = None) -> AsyncIterator[T]:
        """All records that fit, by id ascending."""

    async def count(self, where: Where | None = None) -> int:
        """How many records fit."""

    async def pending_outbox(self, *, limit: int = 100) -> list[tuple[str, tuple[OutboxRecord, ...]]]:
        """Unsent outbox records with the id of the record that holds them, oldest first."""

    async def clear_outbox(self, record_id: str, sent: Sequence[OutboxRecord]) -> None:
        """Forgets the outbox records that were sent; those added meanwhile stay."""


class TimelineLog(Protocol):
    """The append-only lives of all problems."""

    async def add(self, entry: TimelineEntry) -> bool:
        """Appends; False where an entry of this id was there already (then nothing changes)."""

    async def of(self, problem_id: str) -> list[TimelineEntry]:
        """One problem's entries, oldest first; empty where nothing is known of it."""

    def scan(self, problem_ids: Sequence[str] = ()) -> AsyncIterator[tuple[str, list[TimelineEntry]]]:
        """Each problem's entries, by problem id; all problems where none is named."""


class BlobStore(Protocol):
    """Bytes by their SHA-256, compressed at rest, checked when read."""

    async def put(self, data: bytes) -> str:
        """Stores `data` and gives its digest; storing it again costs a look-up.

        Raises:
            InvalidArgument: Larger than the configured limit.
        """

    async def get(self, digest: str) -> bytes:
        """The bytes.

        Raises:
            NotFound: No such blob.
            DataLoss: What is stored does not match the digest.
        """

    async def has(self, digest: str) -> bool:
        """Whether it is there."""
