import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, Unavailable
from microcoder.scraper.adapters.fetcher import Fetched, Fetcher, retry_after
from microcoder.scraper.settings import HttpSettings

from .conftest import FAST, Answer, Site

HERE = frozenset({"127.0.0.1"})


async def fetch(site: Site, path: str, into: Path, *, settings: HttpSettings = FAST, etag: str = "") -> Fetched:
    fetcher = Fetcher(settings)
    try:
        return await fetcher.fetch(f"{site.url}{path}", into, max_bytes=1000, hosts=HERE, etag=etag)
    finally:
        await fetcher.close()


def body(into: Path) -> bytes | None:
    return into.read_bytes() if into.exists() else None


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "body"


async def test_body_etag_and_user_agent(site: Site, into: Path) -> None:
    site.answers["/a"] = Answer(b"hello", headers={"ETag": '"1"'})
    assert await fetch(site, "/a", into) == Fetched(etag='"1"', not_modified=False)
    assert body(into) == b"hello"
    assert site.requests[0][1]["User-Agent"].startswith("microcoder-scraper")


async def test_not_modified(site: Site, into: Path) -> None:
    site.answers["/a"] = Answer(b"hello", headers={"ETag": '"1"'})
    assert (await fetch(site, "/a", into, etag='"1"')).not_modified
    assert body(into) is None


async def test_a_busy_host_is_asked_again(site: Site, into: Path) -> None:
    site.answers["/a"] = [Answer(status=503), Answer(status=429, headers={"Retry-After": "0"}), Answer(b"ok")]
    await fetch(site, "/a", into)
    assert body(into) == b"ok"
    assert len(site.requests) == 3


async def test_a_host_that_wants_a_long_pause_gets_it(site: Site, into: Path) -> None:
    site.answers["/a"] = Answer(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(Unavailable, match="429"):
        await fetch(site, "/a", into)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=404), NotFound),
        (Answer(status=403), PermissionDenied),
        (Answer(status=400), InvalidArgument),
        (Answer(status=500), Unavailable),
        (Answer(b"x" * 1001), ResourceExhausted),
        (Answer(status=302, headers={"Location": "/a"}), InvalidArgument),
        (Answer(status=302, headers={"Location": "http://other.example/x"}), InvalidArgument),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), InvalidArgument),
    ],
)
async def test_failures(site: Site, into: Path, answer: Answer, error: type[Exception]) -> None:
    site.answers["/a"] = answer
    with pytest.raises(error):
        await fetch(site, "/a", into)


async def test_redirects_are_followed(site: Site, into: Path) -> None:
    site.answers["/a"] = Answer(status=302, headers={"Location": "b"})
    site.answers["/b"] = Answer(b"there")
    await fetch(site, "/a", into)
    assert body(into) == b"there"


async def test_nobody_there(into: Path) -> None:
    fetcher = Fetcher(FAST)
    with pytest.raises(Unavailable, match="does not answer"):
        await fetcher.fetch("http://user:secret@127.0.0.1:9/x?key=1", into, max_bytes=10, hosts=HERE)
    await fetcher.close()


async def test_a_host_gets_its_pause_between_requests(site: Site, into: Path) -> None:
    site.answers["/a"] = Answer(b"ok")
    fetcher = Fetcher(FAST.model_copy(update={"min_interval_s": 0.2}))
    start = time.monotonic()
    for _ in range(3):
        await fetcher.fetch(f"{site.url}/a", into, max_bytes=10, hosts=HERE)
    await fetcher.close()
    assert time.monotonic() - start >= 0.4


def test_retry_after_in_seconds_or_as_a_date() -> None:
    now = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    assert retry_after("120", now=now) == 120
    assert retry_after("Sun, 01 Mar 2026 12:01:00 GMT", now=now) == 60
    assert retry_after("Sun, 01 Mar 2026 11:00:00 GMT", now=now) == 0
    assert retry_after("later", now=now) is None
