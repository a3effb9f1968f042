"""What the scraper finds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RawFormat(StrEnum):
    """How the raw bytes are to be read."""

    KATTIS_PACKAGE = "kattis_package"
    """A problem package of the Kattis format as one uncompressed tar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawProblem:
    """A problem as its source gave it. Its bytes lie in the blob store."""

    id: str
    """Problem id."""
    revision: int
    """Counts changes of the raw bytes, from 1."""
    source: str
    """Where it comes from."""
    external_id: str
    """The source's own id."""
    url: str
    """Where it was read; may be a file URL."""
    contest_id: str = ""
    """Contest of the source, empty where unknown."""
    format: RawFormat
    """How to read the bytes."""
    raw_digest: str
    """SHA-256 of the bytes, the name of their blob."""
    raw_bytes: int
    """Length, bytes."""
    published_time: datetime | None = None
    """When the contest ended or the problem appeared."""
    fetched_time: datetime
    """When these bytes were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A contest of a feed."""

    id: str
    """Stable id: slug of source and external id."""
    source: str
    """Where it comes from."""
    external_id: str
    """The source's own id."""
    title: str
    """Its name."""
    url: str
    """Where it is."""
    end_time: datetime | None = None
    """When it ends; problems are collected after that."""
    problem_urls: tuple[str, ...] = ()
    """Packages to fetch."""
    collected_time: datetime | None = None
    """When all its problems had been collected."""
    problem_external_ids: tuple[str, ...] = ()
    """The source's own ids of these problems, in the order of `problem_urls`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A contest feed that is polled."""

    id: str
    """Slug of its address."""
    url: str
    """Where it is."""
    etag: str = ""
    """Of the last answer; sent back so that an unchanged feed costs nothing."""
    polled_time: datetime | None = None
    """When it was read last."""
    message: str = ""
    """What the last poll gave, in plain words."""
    created_time: datetime
    """When it was added."""
