"""What every source looks like to the scraper."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from microcoder.core.ingest import SkippedItem
from microcoder.core.source import RawFormat
from microcoder.scraper.domain.listing import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRef:
    """A problem that a source has, not fetched yet."""

    external_id: str
    """The source's own id, unique within the source."""
    url: str
    """Where it is; may be a file URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestListing:
    """A contest and its problems, as the source announces them."""

    external_id: str
    """The source's own id; empty where problems belong to no contest."""
    title: str
    """Its name."""
    url: str
    """Where it is."""
    end_time: datetime | None = None
    """When it ends; nothing is fetched before. None where it is over."""
    problems: tuple[ProblemRef, ...] = ()
    """In the source's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The answer to `list_contests`."""

    contests: tuple[ContestListing, ...] = ()
    """What the source has, oldest first; empty where `unchanged`."""
    skipped: tuple[SkippedItem, ...] = ()
    """What of it cannot be used."""
    remark: str = ""
    """What is wrong with the whole, in plain words; empty where nothing is."""
    validator: str = ""
    """To be given to `list_contests` next time, where the source knows such a thing (an ETag)."""
    unchanged: bool = False
    """True where the source says that nothing changed since `validator`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedProblem:
    """The raw bytes of one problem, in the form in which they are stored."""

    format: RawFormat
    """How to read them."""
    data: bytes
    """Equal problems give equal bytes."""


class NotFetched(Exception):
    """A problem that cannot be had; others of the same source may well be."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Source(Protocol):
    """One place that contests and problems come from."""

    @property
    def name(self) -> str:
        """What its problems are filed under, for example `kattis:kth-challenge-2019`."""

    async def list_contests(self, *, validator: str = "") -> Announcement:
        """What the source has now.

        Args:
            validator: From the announcement before; lets the source answer `unchanged`.

        Raises:
            MicrocoderError: The source does not answer, or its answer cannot be read.
        """

    async def fetch_problem(self, problem: ProblemRef) -> FetchedProblem:
        """The raw bytes of one problem that `list_contests` has named.

        Raises:
            NotFetched: What is there cannot be used.
            MicrocoderError: The source does not answer.
        """
