"""Storing one fetched problem: bytes first, then the record together with its event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.core.ids import digest_of, problem_id
from microcoder.core.source import RawProblem
from microcoder.core.timeline import Stage
from microcoder.host import Runtime
from microcoder.scraper.domain.listing import unsafe
from microcoder.scraper.sources.port import FetchedProblem, NotFetched, ProblemRef
from microcoder.v1.events_pb2 import ProblemCollected


class Change(StrEnum):
    """What collecting a problem did."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a problem comes from."""

    source: str
    """What it is filed under."""
    contest_id: str = ""
    """Contest, empty where there is none."""
    published_time: datetime | None = None
    """When the contest ended."""


class Collector:
    """Writes raw problems."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._store = runtime.store

    async def collect(self, origin: Origin, ref: ProblemRef, fetched: FetchedProblem) -> tuple[str, Change]:
        """Stores the problem unless it is there already, byte for byte.

        Returns:
            The problem's id, and what was done.

        Raises:
            NotFetched: The blob store does not take so many bytes.
            Unavailable: The store does not answer.
        """
        found_id = problem_id(origin.source, ref.external_id)
        digest = digest_of(fetched.data)
        known = await self._store.raw_problems.find(found_id)
        if known is not None and known.raw_digest == digest:
            await self._note(known)
            return found_id, Change.UNCHANGED
        try:
            await self._store.blobs.put(fetched.data)
        except InvalidArgument as error:
            raise NotFetched(unsafe(error.message)) from error
        record = RawProblem(
            id=found_id,
            revision=known.revision + 1 if known else 1,
            source=origin.source,
            external_id=ref.external_id,
            url=ref.url,
            contest_id=origin.contest_id,
            format=fetched.format,
            raw_digest=digest,
            raw_bytes=len(fetched.data),
            published_time=origin.published_time,
            fetched_time=self._runtime.clock(),
        )
        event = ProblemCollected(problem_id=record.id, revision=record.revision, raw_digest=digest)
        await self._store.raw_problems.put_revision(record, outbox=[self._runtime.outbox(event)])
        await self._note(record)
        return found_id, Change.CHANGED if known else Change.NEW

    async def _note(self, record: RawProblem) -> None:
        """Appends to the timeline. Also for what was there before: the process may have died right after the record."""
        await self._runtime.note(
            record.id,
            record.revision,
            Stage.COLLECTED,
            f"{record.raw_bytes} bytes from {record.url}",
            details={"raw_digest": record.raw_digest, "url": record.url, "source": record.source},
        )
