"""Two scraper processes on one database: one collects, the other takes over, nothing is fetched twice."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from microcoder.store import Store, StoreSettings
from microcoder.testing.packages import in_folder, kattis_package, zip_bytes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


class Feed:
    """A feed of contests with one package each, and how often each path was asked for."""

    def __init__(self) -> None:
        self.contests: list[str] = []
        self.asked: Counter[str] = Counter()
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed.asked[self.path] += 1
                body = feed.listing() if self.path == "/feed.json" else feed.package()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def listing(self) -> bytes:
        listed = [
            {"id": name, "end_time": "2026-01-01T00:00:00Z", "problems": [{"id": name, "url": f"/{name}.zip"}]}
            for name in self.contests
        ]
        return json.dumps({"contests": listed}).encode()

    def package(self) -> bytes:
        return zip_bytes(in_folder("p", kattis_package(title="p")))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/feed.json"


@pytest.fixture
def feed() -> Iterator[Feed]:
    made = Feed()
    yield made
    made.server.shutdown()
    made.server.server_close()


def start(feed: Feed, settings: StoreSettings, folder: Path, name: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "MICROCODER_STORE__URI": settings.uri.get_secret_value(),
        "MICROCODER_STORE__DATABASE": settings.database,
        "MICROCODER_BUS__PATH": str(folder / "bus.sqlite3"),
        "MICROCODER_RPC__PORT": "0",
        "MICROCODER_ADMIN__PORT": "0",
        "MICROCODER_SCRAPER__FEEDS": json.dumps([feed.url]),
        "MICROCODER_SCRAPER__POLL_INTERVAL_S": "0.3",
        "MICROCODER_SCRAPER__HTTP__MIN_INTERVAL_S": "0",
        "MICROCODER_SCRAPER__LEADERSHIP": "mongodb",
        "MICROCODER_SCRAPER__LEADER__LEASE_S": "3",
        "MICROCODER_SCRAPER__LEADER__RENEW_DEADLINE_S": "2",
        "MICROCODER_SCRAPER__LEADER__RETRY_S": "0.3",
    }
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", "microcoder.scraper"], env=environment, stdout=log, stderr=log)


async def collected(store: Store, number: int) -> None:
    async with asyncio.timeout(30):
        while await store.raw_problems.count() < number:  # noqa: ASYNC110  another process counts
            await asyncio.sleep(0.1)


async def leader(folder: Path, *names: str) -> str:
    """The process whose log says last that it leads, once there is one."""
    async with asyncio.timeout(30):
        while True:
            for name in names:
                if "leading: this replica collects" in (folder / f"{name}.log").read_text():
                    return name
            await asyncio.sleep(0.1)


async def test_the_other_takes_over_when_the_leader_is_killed(
    feed: Feed, store: Store, store_settings: StoreSettings, tmp_path: Path
) -> None:
    processes = {name: start(feed, store_settings, tmp_path, name) for name in ("a", "b")}
    try:
        feed.contests = ["spring", "summer"]
        await collected(store, 2)
        first = await leader(tmp_path, "a", "b")
        second = "b" if first == "a" else "a"
        processes[first].send_signal(signal.SIGKILL)
        feed.contests.append("autumn")
        await collected(store, 3)
        assert await leader(tmp_path, second) == second
        assert {path: count for path, count in feed.asked.items() if path != "/feed.json"} == {
            "/spring.zip": 1,
            "/summer.zip": 1,
            "/autumn.zip": 1,
        }
        assert (await store.leases.get("microcoder-scraper")).transitions == 1
    finally:
        for process in processes.values():
            process.terminate()
            process.wait(30)
