"""Problems that come in by themselves: the contest feed of a cluster, watched until its problems are there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from microcoder.cli.connect import SHORT_S, Clients
from microcoder.cli.journey.steps import Journey
from microcoder.cli.output import Say
from microcoder.core.errors import DeadlineExceeded
from microcoder.v1 import normalizer_service_pb2, scraper_service_pb2
from tools.cluster.feed import Round

_POLL_S = 1.0
_LONGEST_S = 600.0
_SECOND_ROUND = timedelta(seconds=60)


def two_rounds(packages: Sequence[Path], now: datetime) -> tuple[Round, Round]:
    """A contest that is over, and one that ends in a minute: its problems stream in while the others are at work."""
    half = (len(packages) + 1) // 2
    return (
        Round(id="round-1", end_time=now - timedelta(hours=1), packages=packages[:half]),
        Round(id="round-2", end_time=now + _SECOND_ROUND, packages=packages[half:]),
    )


class FromFeed:
    """The way into a journey: adds the feed and waits until `expected` problems are collected."""

    def __init__(self, url: str, source: str, expected: int) -> None:
        self._url = url
        self._source = source
        self._expected = expected

    async def __call__(self, clients: Clients, journey: Journey, say: Say) -> None:
        """Fills in what an import would have.

        Raises:
            DeadlineExceeded: Some problems do not come.
        """
        await clients.scraper.AddFeed(scraper_service_pb2.AddFeedRequest(url=self._url), timeout=SHORT_S)
        say(f"Feed: {self._url} is polled from now on")
        loop = asyncio.get_running_loop()
        end, told = loop.time() + _LONGEST_S, -1
        while True:
            found = await self._problem_ids(clients)
            if len(found) != told:
                told = len(found)
                say(f"Feed: {told} of {self._expected} problems collected, {datetime.now(UTC):%H:%M:%S} UTC")
            if told >= self._expected:
                break
            if loop.time() > end:
                raise DeadlineExceeded(f"Only {told} of {self._expected} problems came within {_LONGEST_S:.0f} s.")
            await asyncio.sleep(_POLL_S)
        journey.imported.source = self._source
        journey.imported.problem_ids.extend(found)
        journey.changed = True

    async def _problem_ids(self, clients: Clients) -> list[str]:
        request = normalizer_service_pb2.ListProblemsRequest(page_size=500, source=self._source)
        answer = await clients.normalizer.ListProblems(request, timeout=SHORT_S)
        return [problem.problem_id for problem in answer.problems]
