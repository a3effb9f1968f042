"""A contest feed read over HTTP."""

from pathlib import Path
from urllib.parse import urlsplit

from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from microcoder.scraper.adapters.fetcher import Fetcher
from microcoder.scraper.adapters.scratch import scratch_folder
from microcoder.scraper.adapters.spool import ReadLimits
from microcoder.scraper.domain.feed import BadFeed, FeedContest, parse_feed
from microcoder.scraper.domain.listing import unreadable, unsafe
from microcoder.scraper.domain.packages import PackageLimits
from microcoder.scraper.settings import ScraperSettings
from microcoder.scraper.sources.kattis import KattisFiles
from microcoder.scraper.sources.port import Announcement, ContestListing, FetchedProblem, NotFetched, ProblemRef

_PACKAGE_FILE = "package"


class HttpFeed:
    """One feed. Its packages lie on its own host, or on one that the settings name."""

    def __init__(self, url: str, fetcher: Fetcher, settings: ScraperSettings) -> None:
        self.name = feed_name(url)
        self._url = url
        self._fetcher = fetcher
        self._settings = settings
        self._hosts = frozenset({urlsplit(url).hostname or "", *settings.http.extra_hosts})

    async def list_contests(self, *, validator: str = "") -> Announcement:
        """Reads the feed, conditionally where `validator` is the ETag of the last answer.

        Raises:
            InvalidArgument: It is not a feed.
            MicrocoderError: The host does not give it.
        """
        with scratch_folder(self._settings.scratch_dir) as folder:
            body = Path(folder) / "feed.json"
            limit = self._settings.http.max_feed_bytes
            answer = await self._fetcher.fetch(self._url, body, max_bytes=limit, hosts=self._hosts, etag=validator)
            if answer.not_modified:
                return Announcement(unchanged=True, validator=answer.etag or validator)
            try:
                document = parse_feed(body.read_bytes(), base_url=self._url)
            except BadFeed as error:
                raise InvalidArgument(str(error)) from error
        contests = tuple(_listing(contest) for contest in document.contests)
        return Announcement(contests=contests, skipped=document.skipped, validator=answer.etag)

    async def fetch_problem(self, problem: ProblemRef) -> FetchedProblem:
        """Fetches an archive with exactly one problem package."""
        settings = self._settings
        with scratch_folder(settings.scratch_dir) as folder:
            path = Path(folder) / _PACKAGE_FILE
            try:
                await self._fetcher.fetch(problem.url, path, max_bytes=settings.max_package_bytes, hosts=self._hosts)
            except (NotFound, PermissionDenied, InvalidArgument) as error:
                raise NotFetched(unreadable(error.message)) from error
            except ResourceExhausted as error:
                raise NotFetched(unsafe(error.message)) from error
            return await self._open(path)

    async def _open(self, path: Path) -> FetchedProblem:
        with KattisFiles(
            path,
            read_limits=read_limits(self._settings),
            package_limits=package_limits(self._settings),
            scratch=self._settings.scratch_dir,
        ) as package:
            try:
                found = await package.list_contests()
            except InvalidArgument as error:
                raise NotFetched(unreadable(error.message)) from error
            problems = found.contests[0].problems
            if len(problems) == 1:
                return await package.fetch_problem(problems[0])
            why = (
                found.skipped[0].message if found.skipped else f"{len(problems)} problem packages where one is expected"
            )
            raise NotFetched(unreadable(found.remark or why))


def read_limits(settings: ScraperSettings) -> ReadLimits:
    """What reading one archive may cost."""
    return ReadLimits(
        max_bytes=settings.max_archive_bytes,
        max_file_bytes=settings.max_package_bytes,
        max_members=settings.max_archive_members,
    )


def package_limits(settings: ScraperSettings) -> PackageLimits:
    """How large one package may be."""
    return PackageLimits(max_bytes=settings.max_package_bytes, max_files=settings.max_package_files)


def feed_name(url: str) -> str:
    """`feed:<host><path without suffix>`: what problems of the feed at `url` are filed under."""
    parts = urlsplit(url)
    path = parts.path.rsplit(".", 1)[0] if "." in parts.path.rpartition("/")[2] else parts.path
    return f"feed:{parts.netloc.rpartition('@')[2]}{path}".rstrip("/")


def _listing(contest: FeedContest) -> ContestListing:
    return ContestListing(
        external_id=contest.id,
        title=contest.title,
        url=contest.url,
        end_time=contest.end_time,
        problems=tuple(ProblemRef(external_id=problem.id, url=problem.url) for problem in contest.problems),
    )
