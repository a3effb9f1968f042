"""Reading a contest feed. The format is described in docs/sources.md."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from microcoder.core.ingest import SkippedItem
from microcoder.core.rejection import RejectReason

_MAX_ID = 120
_MAX_TITLE = 300
_MAX_PROBLEMS = 500


class BadFeed(Exception):
    """The document, or one contest of it, is not what the format says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedProblem:
    """A problem of a contest."""

    id: str
    """Unique within the feed."""
    url: str
    """Absolute address of its package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContest:
    """A contest of a feed."""

    id: str
    """Unique within the feed."""
    title: str
    """Its name; its id where none is given."""
    url: str
    """Where a person can read about it; the feed's address where none is given."""
    end_time: datetime | None
    """When it ends; None where it is over."""
    problems: tuple[FeedProblem, ...]
    """Its problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """A feed that was read."""

    contests: tuple[FeedContest, ...]
    """Those that are as the format says."""
    skipped: tuple[SkippedItem, ...]
    """Those that are not."""


def parse_feed(body: bytes, *, base_url: str) -> FeedDocument:
    """The contests of a feed. A contest that is wrong is left out and named.

    Args:
        body: JSON, UTF-8.
        base_url: The feed's address, for relative addresses in it.

    Raises:
        BadFeed: It is no JSON object with a list `contests`.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadFeed(f"the feed is not JSON: {error}") from error
    contests = document.get("contests") if isinstance(document, dict) else None
    if not isinstance(contests, list):
        raise BadFeed("the feed has no list `contests`")
    good: list[FeedContest] = []
    skipped: list[SkippedItem] = []
    for number, item in enumerate(contests):
        try:
            good.append(_contest(item, base_url))
        except BadFeed as error:
            name = f"contests[{number}]"
            skipped.append(SkippedItem(name=name, reason=RejectReason.UNREADABLE_PACKAGE.value, message=str(error)))
    return FeedDocument(contests=tuple(good), skipped=tuple(skipped))


def _contest(item: Any, base_url: str) -> FeedContest:
    fields = _object(item, "a contest")
    problems = fields.get("problems", [])
    if not isinstance(problems, list) or len(problems) > _MAX_PROBLEMS:
        raise BadFeed(f"`problems` must be a list of at most {_MAX_PROBLEMS}")
    contest_id = _text(fields, "id", _MAX_ID)
    return FeedContest(
        id=contest_id,
        title=_text(fields, "title", _MAX_TITLE, default=contest_id),
        url=_address(fields, base_url, default=base_url),
        end_time=_time(fields.get("end_time")),
        problems=tuple(_problem(problem, base_url) for problem in problems),
    )


def _problem(item: Any, base_url: str) -> FeedProblem:
    fields = _object(item, "a problem")
    return FeedProblem(id=_text(fields, "id", _MAX_ID), url=_address(fields, base_url))


def _object(item: Any, what: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadFeed(f"{what} must be an object")
    return item


def _text(fields: dict[str, Any], name: str, longest: int, *, default: str = "") -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise BadFeed(f"`{name}` must be a text of 1 to {longest} characters")
    return value.strip()


def _address(fields: dict[str, Any], base_url: str, *, default: str = "") -> str:
    value = fields.get("url", default)
    if not isinstance(value, str) or not value:
        raise BadFeed("`url` must be an address")
    try:
        url = urljoin(base_url, value)
        parts = urlsplit(url)
    except ValueError as error:
        raise BadFeed(f"`url` is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadFeed("`url` must be an http or https address")
    return url


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadFeed("`end_time` must be an ISO 8601 time such as 2026-03-01T14:00:00Z") from error
    if time.tzinfo is None:
        raise BadFeed("`end_time` must say its time zone, such as 2026-03-01T14:00:00Z")
    return time.astimezone(UTC)
