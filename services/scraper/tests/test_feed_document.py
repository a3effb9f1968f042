import json
from datetime import UTC, datetime

import pytest

from microcoder.scraper.domain.feed import BadFeed, parse_feed
from microcoder.scraper.sources.feed import feed_name

BASE = "https://contest.example/feeds/2026.json"
GOOD = {
    "id": "spring",
    "title": "Spring Contest",
    "end_time": "2026-03-01T15:00:00+01:00",
    "problems": [{"id": "sum", "url": "packages/sum.zip"}, {"id": "abs", "url": "http://other.example/abs.tar"}],
}


def parse(*contests: object) -> tuple[list[str], list[str]]:
    document = parse_feed(json.dumps({"contests": contests}).encode(), base_url=BASE)
    return [contest.id for contest in document.contests], [item.message for item in document.skipped]


def test_a_contest_with_relative_and_absolute_addresses() -> None:
    contest = parse_feed(json.dumps({"contests": [GOOD]}).encode(), base_url=BASE).contests[0]
    assert contest.end_time == datetime(2026, 3, 1, 14, tzinfo=UTC)
    assert contest.url == BASE
    assert [problem.url for problem in contest.problems] == [
        "https://contest.example/feeds/packages/sum.zip",
        "http://other.example/abs.tar",
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"contests": {}}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_feed(body: bytes) -> None:
    with pytest.raises(BadFeed):
        parse_feed(body, base_url=BASE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ""}, "`id`"),
        ({"id": 7}, "`id`"),
        ({"id": "x" * 500}, "`id`"),
        ({"end_time": "soon"}, "`end_time`"),
        ({"end_time": "2026-03-01T15:00:00"}, "time zone"),
        ({"problems": "sum"}, "`problems`"),
        ({"problems": [{"id": "sum"}]}, "`url`"),
        ({"problems": [{"id": "sum", "url": "file:///etc/passwd"}]}, "http or https"),
        ({"problems": [{"id": "sum", "url": "http://[bad"}]}, "`url`"),
        ({"problems": [3]}, "a problem"),
    ],
)
def test_a_wrong_contest_is_named_and_the_others_stay(change: dict[str, object], message: str) -> None:
    good, skipped = parse({**GOOD, **change}, {**GOOD, "id": "autumn"})
    assert good == ["autumn"]
    assert len(skipped) == 1
    assert message in skipped[0]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (BASE, "feed:contest.example/feeds/2026"),
        ("http://127.0.0.1:8000/feed", "feed:127.0.0.1:8000/feed"),
        ("http://contest.example/", "feed:contest.example"),
        ("http://contest.example/v1.2/feed", "feed:contest.example/v1.2/feed"),
    ],
)
def test_names_of_feeds(url: str, name: str) -> None:
    assert feed_name(url) == name
