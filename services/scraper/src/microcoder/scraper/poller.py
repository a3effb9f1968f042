"""Polling contest feeds: announce, wait for the end of the contest, collect."""

import asyncio
import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from microcoder.core.errors import MicrocoderError
from microcoder.core.ids import problem_id, slug
from microcoder.core.source import Contest, Feed
from microcoder.host import Runtime
from microcoder.scraper.collector import Change, Collector, Origin
from microcoder.scraper.domain.listing import unreadable
from microcoder.scraper.sources.port import ContestListing, FetchedProblem, NotFetched, ProblemRef, Source

OpenFeed = Callable[[str], Source]
"""The source behind a feed's address."""

_LONGEST_WAIT_S = 5.0
_MAX_REPORTED = 5


@dataclass(slots=True)
class _Report:
    """What one poll did."""

    contests: int = 0
    unchanged: bool = False
    changes: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    waiting: int = 0
    faults: list[str] = field(default_factory=list)

    def summary(self) -> str:
        listed = "feed unchanged" if self.unchanged else f"{self.contests} contests listed"
        counts = ", ".join(f"{number} problems {change}" for change, number in self.changes.items() if number)
        waiting = f"{self.waiting} contests not over yet" if self.waiting else ""
        more = len(self.faults) - _MAX_REPORTED
        faults = [*self.faults[:_MAX_REPORTED], *([f"and {more} more"] if more > 0 else [])]
        broken = f"left out until the next poll: {'; '.join(faults)}" if faults else ""
        return "; ".join(part for part in (listed, counts, waiting, broken) if part)


class Poller:
    """Polls all feeds that are in the store, also those that are added while it runs."""

    def __init__(self, runtime: Runtime[Any], collector: Collector, open_feed: OpenFeed, *, interval_s: float) -> None:
        self._store = runtime.store
        self._clock = runtime.clock
        self._collector = collector
        self._open_feed = open_feed
        self._interval_s = interval_s
        self._wake = asyncio.Event()

    async def add(self, url: str) -> Feed:
        """The feed at `url`, added where it is not there yet, and polled soon."""
        known = await self._store.feeds.find(slug(url))
        if known is not None:
            return known
        feed = Feed(id=slug(url), url=url, created_time=self._clock())
        await self._store.feeds.put(feed)
        self._wake.set()
        return feed

    async def run(self) -> None:
        """Polls what is due, for ever.

        Raises:
            Unavailable: The store does not answer; run again.
        """
        while True:
            self._wake.clear()
            async for feed in self._store.feeds.scan():
                if self._is_due(feed):
                    await self.poll(feed)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._interval_s, _LONGEST_WAIT_S)):
                    await self._wake.wait()

    async def poll(self, feed: Feed) -> Feed:
        """Reads one feed, collects what is due, and keeps what came of it in the feed's record.

        Raises:
            Unavailable: The store does not answer. What the feed does is no error but its `message`.
        """
        source = self._open_feed(feed.url)
        report = _Report()
        etag = feed.etag
        try:
            announcement = await source.list_contests(validator=feed.etag)
        except MicrocoderError as error:
            report.faults.append(error.message)
        else:
            etag = announcement.validator
            report.unchanged = announcement.unchanged
            report.contests = len(announcement.contests)
            report.faults += [f"{item.name}: {item.message}" for item in announcement.skipped]
            for listing in announcement.contests:
                await self._announce(source, listing)
        await self._collect_due(source, report)
        polled = dataclasses.replace(feed, etag=etag, polled_time=self._clock(), message=report.summary())
        await self._store.feeds.put(polled)
        return polled

    def _is_due(self, feed: Feed) -> bool:
        return feed.polled_time is None or self._clock() - feed.polled_time >= timedelta(seconds=self._interval_s)

    async def _announce(self, source: Source, listing: ContestListing) -> None:
        """Keeps the contest. One whose problems are other ones than before is to be collected again."""
        contest_id = problem_id(source.name, listing.external_id)
        known = await self._store.contests.find(contest_id)
        contest = Contest(
            id=contest_id,
            source=source.name,
            external_id=listing.external_id,
            title=listing.title,
            url=listing.url,
            end_time=listing.end_time,
            problem_urls=tuple(problem.url for problem in listing.problems),
            problem_external_ids=tuple(problem.external_id for problem in listing.problems),
        )
        if known is not None and _problems(known) == _problems(contest):
            contest = dataclasses.replace(contest, collected_time=known.collected_time)
        if contest != known:
            await self._store.contests.put(contest)

    async def _collect_due(self, source: Source, report: _Report) -> None:
        now = self._clock()
        contests = [contest async for contest in self._store.contests.scan({"source": source.name})]
        for contest in contests:
            if contest.collected_time is not None:
                continue
            if contest.end_time is not None and contest.end_time > now:
                report.waiting += 1
                continue
            faults = await self._collect(source, contest, report)
            report.faults += faults
            if not faults:
                await self._store.contests.put(dataclasses.replace(contest, collected_time=self._clock()))

    async def _collect(self, source: Source, contest: Contest, report: _Report) -> list[str]:
        """Collects the contest's problems and gives what was wrong with those that could not be had."""
        faults: list[str] = []
        origin = Origin(source=source.name, contest_id=contest.id, published_time=contest.end_time)
        for ref in _problems(contest):
            if await self._is_there(source, ref):
                continue
            try:
                fetched = await _fetch(source, ref)
                _, change = await self._collector.collect(origin, ref, fetched)
            except NotFetched as error:
                faults.append(f"{ref.external_id}: {error.fault.message}")
            else:
                report.changes[change] += 1
        return faults

    async def _is_there(self, source: Source, ref: ProblemRef) -> bool:
        """Whether this address was collected before: a corrected package has a new address."""
        known = await self._store.raw_problems.find(problem_id(source.name, ref.external_id))
        return known is not None and known.url == ref.url


async def _fetch(source: Source, ref: ProblemRef) -> FetchedProblem:
    try:
        return await source.fetch_problem(ref)
    except MicrocoderError as error:
        raise NotFetched(unreadable(error.message)) from error


def _problems(contest: Contest) -> list[ProblemRef]:
    return [
        ProblemRef(external_id=external_id, url=url)
        for external_id, url in zip(contest.problem_external_ids, contest.problem_urls, strict=True)
    ]
