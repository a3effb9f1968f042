"""A contest feed on a real HTTP server, and a scraper without its process."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from microcoder.core.clock import Clock, utc_now
from microcoder.host import Runtime
from microcoder.scraper.adapters.fetcher import Fetcher
from microcoder.scraper.collector import Collector
from microcoder.scraper.importer import Importer
from microcoder.scraper.poller import Poller
from microcoder.scraper.settings import AppSettings, HttpSettings, ScraperSettings
from microcoder.scraper.sources.feed import HttpFeed, package_limits, read_limits
from microcoder.scraper.sources.kattis import KattisFiles
from microcoder.testing.host import MakeRuntime

FAST = HttpSettings(min_interval_s=0, backoff_s=0.01, max_wait_s=0.5, max_attempts=3, timeout_s=5)


@dataclass
class Answer:
    """What a path gives."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Site:
    """Answers by path, counts requests, knows ETags."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer] | Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, dict(self.headers)))
                answer = site._answer(self.path)
                etag = answer.headers.get("ETag")
                not_modified = etag is not None and self.headers.get("If-None-Match") == etag
                body = b"" if not_modified else answer.body
                self.send_response(304 if not_modified else answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, path: str) -> Answer:
        found = self.answers.get(path, Answer(status=404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()


@dataclass
class Scraper:
    """The parts of the scraper on the test's store."""

    runtime: Runtime[AppSettings]
    settings: ScraperSettings
    importer: Importer
    poller: Poller


MakeScraper = Callable[..., Scraper]


@pytest.fixture
def make_scraper(runtime: MakeRuntime, tmp_path: Path) -> MakeScraper:
    def make(*, clock: Clock = utc_now, **settings: object) -> Scraper:
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        group = ScraperSettings.model_validate({"http": FAST, "scratch_dir": scratch, **settings})
        made = runtime("scraper", AppSettings(scraper=group), clock=clock)
        collector = Collector(made)
        fetcher = Fetcher(group.http)

        def open_files(path: Path, name: str) -> KattisFiles:
            return KattisFiles(
                path, name=name, read_limits=read_limits(group), package_limits=package_limits(group), scratch=scratch
            )

        importer = Importer(made, collector, open_files)
        poller = Poller(made, collector, lambda url: HttpFeed(url, fetcher, group), interval_s=group.poll_interval_s)
        return Scraper(runtime=made, settings=group, importer=importer, poller=poller)

    return make
