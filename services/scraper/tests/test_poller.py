import json
from datetime import UTC, datetime, timedelta

import pytest

from microcoder.core.source import Feed
from microcoder.store import Store
from microcoder.testing.packages import in_folder, kattis_package, tar_bytes, zip_bytes

from .conftest import Answer, MakeScraper, Scraper, Site

PAST = "2026-01-01T00:00:00Z"


def contest(contest_id: str, *problems: str, end_time: str = PAST) -> dict[str, object]:
    listed = [{"id": problem.partition("?")[0], "url": f"/p/{problem}.zip"} for problem in problems]
    return {"id": contest_id, "end_time": end_time, "problems": listed}


def publish(site: Site, *contests: dict[str, object], etag: str = '"1"') -> None:
    body = json.dumps({"contests": contests}).encode()
    site.answers["/feed.json"] = Answer(body, headers={"ETag": etag})


def publish_package(site: Site, name: str, files: dict[str, str] | None = None) -> None:
    site.answers[f"/p/{name}.zip"] = Answer(zip_bytes(in_folder(name, kattis_package(title=name, files=files))))


async def polled(scraper: Scraper, site: Site) -> Feed:
    feed = await scraper.poller.add(f"{site.url}/feed.json")
    return await scraper.poller.poll(feed)


async def ids(store: Store) -> list[str]:
    return [raw.external_id async for raw in store.raw_problems.scan()]


async def test_a_feed_is_collected_once_and_then_costs_nothing(
    make_scraper: MakeScraper, store: Store, site: Site
) -> None:
    publish(site, contest("spring", "alpha", "beta"))
    publish_package(site, "alpha")
    publish_package(site, "beta")
    scraper = make_scraper()
    feed = await polled(scraper, site)
    assert feed.message == "1 contests listed; 2 problems new"
    assert await ids(store) == ["alpha", "beta"]
    raw = await anext(store.raw_problems.scan())
    kept = await store.contests.get(raw.contest_id)
    assert (kept.external_id, kept.problem_external_ids) == ("spring", ("alpha", "beta"))
    assert kept.collected_time is not None
    assert raw.published_time == kept.end_time == datetime(2026, 1, 1, tzinfo=UTC)

    site.requests.clear()
    assert (await polled(scraper, site)).message == "feed unchanged"
    assert site.paths() == ["/feed.json"]


async def test_a_new_contest_is_picked_up_while_it_runs(make_scraper: MakeScraper, store: Store, site: Site) -> None:
    publish(site, contest("spring", "alpha"))
    publish_package(site, "alpha")
    publish_package(site, "beta")
    scraper = make_scraper()
    await polled(scraper, site)
    publish(site, contest("spring", "alpha"), contest("summer", "beta"), etag='"2"')
    site.requests.clear()
    feed = await polled(scraper, site)
    assert feed.message == "2 contests listed; 1 problems new"
    assert site.paths() == ["/feed.json", "/p/beta.zip"]


async def test_a_contest_is_collected_after_its_end(make_scraper: MakeScraper, store: Store, site: Site) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    publish(site, contest("spring", "alpha", end_time=soon.isoformat()))
    publish_package(site, "alpha")
    scraper = make_scraper()
    assert "1 contests not over yet" in (await polled(scraper, site)).message
    assert await ids(store) == []
    later = make_scraper(clock=lambda: soon + timedelta(hours=1))
    assert "1 problems new" in (await polled(later, site)).message


async def test_a_broken_package_is_named_and_tried_again(make_scraper: MakeScraper, store: Store, site: Site) -> None:
    publish(site, contest("spring", "alpha", "beta", "gamma", "delta"))
    publish_package(site, "alpha")
    site.answers["/p/beta.zip"] = Answer(b"no archive")
    two = {**in_folder("x", kattis_package()), **in_folder("y", kattis_package())}
    site.answers["/p/delta.zip"] = Answer(tar_bytes(two))
    scraper = make_scraper()
    message = (await polled(scraper, site)).message
    assert "1 problems new" in message
    assert all(part in message for part in ("beta: ", "gamma: ", "status 404", "delta: 2 problem packages"))
    assert await ids(store) == ["alpha"]

    for name in ("beta", "gamma", "delta"):
        publish_package(site, name)
    site.requests.clear()
    assert (await polled(scraper, site)).message == "feed unchanged; 3 problems new"
    assert "/p/alpha.zip" not in site.paths()
    assert (await polled(scraper, site)).message == "feed unchanged"


async def test_a_corrected_package_has_a_new_address(make_scraper: MakeScraper, store: Store, site: Site) -> None:
    publish(site, contest("spring", "alpha"))
    publish_package(site, "alpha")
    scraper = make_scraper()
    await polled(scraper, site)
    corrected = contest("spring")
    corrected["problems"] = [{"id": "alpha", "url": "/p/alpha.zip?v=2"}]
    publish(site, corrected, etag='"2"')
    fixed = kattis_package(title="alpha", files={"data/secret/01.ans": "31\n"})
    site.answers["/p/alpha.zip?v=2"] = Answer(zip_bytes(in_folder("alpha", fixed)))
    assert "1 problems changed" in (await polled(scraper, site)).message
    assert [raw.revision async for raw in store.raw_problems.scan()] == [2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"<html>"), "not JSON"),
        (Answer(status=500), "does not answer properly"),
        (Answer(status=403), "not given to us"),
        (Answer(b'{"contests": [{"id": 3}]}'), "`id`"),
    ],
)
async def test_a_bad_feed_says_so_in_its_message(
    make_scraper: MakeScraper, site: Site, answer: Answer, words: str
) -> None:
    site.answers["/feed.json"] = answer
    feed = await polled(make_scraper(), site)
    assert words in feed.message
    assert feed.polled_time is not None


async def test_packages_on_foreign_hosts_need_permission(make_scraper: MakeScraper, site: Site) -> None:
    foreign = contest("spring")
    foreign["problems"] = [{"id": "alpha", "url": f"{site.url.replace('127.0.0.1', 'localhost')}/p/alpha.zip"}]
    publish(site, foreign)
    publish_package(site, "alpha")
    assert "EXTRA_HOSTS" in (await polled(make_scraper(), site)).message
    allowed = make_scraper(http={"extra_hosts": ("localhost",), "min_interval_s": 0})
    assert "1 problems new" in (await polled(allowed, site)).message


async def test_a_feed_that_was_added_again_is_the_same(make_scraper: MakeScraper, store: Store) -> None:
    poller = make_scraper().poller
    first = await poller.add("https://contest.example/feed.json")
    assert await poller.add("https://contest.example/feed.json") == first
    assert await store.feeds.count() == 1
