"""The mirror against a small HTTP server that speaks like an API server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from microcoder.cluster import JOBS, ClusterSettings, Connection, Mirror, connect

Json = dict[str, Any]


def job(name: str, version: int, uid: str = "") -> Json:
    return {"metadata": {"name": name, "resourceVersion": str(version), "uid": uid or f"uid-{name}"}}


class Server:
    """Lists `items`, and sends what is put into `events` to whoever watches; None breaks the connection."""

    def __init__(self) -> None:  # noqa: C901  the handler needs its server
        self.items: list[Json] = []
        self.version = 1
        self.events: Queue[Json | bytes | None] = Queue()
        self.lists = 0
        self.status = 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if server.status != 200:
                    self._answer(server.status, {"message": "the server is overloaded"})
                elif "watch=true" in self.path:
                    self._watch()
                else:
                    server.lists += 1
                    self._answer(200, {"metadata": {"resourceVersion": str(server.version)}, "items": server.items})

            def _answer(self, status: int, body: Json) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def _watch(self) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                while not server.closing:
                    try:
                        event = server.events.get(timeout=0.05)
                    except Empty:
                        continue
                    if event is None:
                        self.close_connection = True
                        self.connection.close()
                        return
                    line = event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n"
                    for part in (line[:7], line[7:]):  # a line may come in pieces
                        self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    self.wfile.flush()

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self.closing = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.closing = True
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def connection(server: Server, tmp_path: Path) -> Connection:
    named = {
        "clusters": [{"name": "c", "cluster": {"server": server.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "runs"}}],
        "current-context": "x",
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(named))
    return connect(ClusterSettings(kubeconfig=file))


@pytest.fixture
def mirror(connection: Connection) -> Iterator[Mirror]:
    made = Mirror(connection, JOBS, "app=x", lambda: None)
    yield made
    made.stop()


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def versions(mirror: Mirror) -> dict[str, str]:
    return {name: item["metadata"]["resourceVersion"] for name, item in mirror.objects().items()}


def test_the_namespace_is_that_of_the_context(connection: Connection) -> None:
    assert connection.namespace == "runs"


def test_it_lists_and_then_follows(server: Server, mirror: Mirror) -> None:
    server.items = [job("a", 1)]
    assert not mirror.fresh
    mirror.start()
    until(lambda: mirror.fresh)
    assert versions(mirror) == {"a": "1"}
    server.events.put({"type": "ADDED", "object": job("b", 2)})
    server.events.put({"type": "MODIFIED", "object": job("a", 3)})
    server.events.put({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}})
    server.events.put({"type": "DELETED", "object": job("b", 10)})
    until(lambda: versions(mirror) == {"a": "3"})
    assert server.lists == 1


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}},
        {"type": "ERROR", "object": {"code": 500, "message": "etcd"}},
        b"no json\n",
        {"type": "ADDED", "object": {}},
    ],
    ids=["broken connection", "expired", "server error", "no json", "no object"],
)
def test_a_watch_that_breaks_is_repaired_by_a_new_list(
    server: Server, mirror: Mirror, trouble: Json | bytes | None
) -> None:
    mirror.start()
    until(lambda: mirror.fresh)
    server.items, server.version = [job("new", 7)], 7
    server.events.put(trouble)
    until(lambda: versions(mirror) == {"new": "7"})
    assert mirror.fresh


def test_while_the_server_has_trouble_the_copy_is_kept_but_not_fresh(server: Server, mirror: Mirror) -> None:
    server.items = [job("a", 1)]
    mirror.start()
    until(lambda: mirror.fresh)
    server.status = 503
    server.events.put(None)
    until(lambda: not mirror.fresh)
    assert versions(mirror) == {"a": "1"}
    until(lambda: "overloaded" in mirror.trouble)
    server.status = 200
    until(lambda: mirror.fresh)


def test_a_late_answer_brings_nothing_back(server: Server, mirror: Mirror) -> None:
    mirror.start()
    until(lambda: mirror.fresh)
    mirror.created(job("a", 5))
    assert versions(mirror) == {"a": "5"}
    mirror.changed(job("a", 4))
    assert versions(mirror) == {"a": "5"}
    server.events.put({"type": "DELETED", "object": job("a", 6)})
    until(lambda: versions(mirror) == {})
    mirror.changed(job("a", 5))
    mirror.created(job("a", 5))
    assert versions(mirror) == {}
