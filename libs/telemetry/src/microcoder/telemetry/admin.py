"""The admin port: /metrics, /livez, /readyz.

It has a thread of its own, so that it still answers, and tells the age of the heartbeat, while the event loop is stuck.
"""

import asyncio
import dataclasses
import json
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pydantic import Field

from microcoder.config import Group
from microcoder.core.errors import FailedPrecondition
from microcoder.telemetry.health import Heartbeat, Readiness
from microcoder.telemetry.metrics import CONTENT_TYPE, Metric, Metrics
from microcoder.telemetry.scrubbing import safe_text

_JSON = "application/json"
_READY_WAIT_S = 5.0
"""Longer than the checks' own timeout: beyond it the event loop does not turn."""


class AdminSettings(Group):
    """Where probes and Prometheus ask."""

    enabled: bool = True
    host: str = "127.0.0.1"
    """Address to listen on; it has no authentication, so open it only inside a cluster."""
    port: int | None = Field(default=None, ge=0, le=65535)
    """Port to listen on; unset for the service's own default, 0 for any free one."""
    max_heartbeat_age_s: float = Field(default=30.0, gt=0)
    """Older than this the process counts as dead, seconds."""


class AdminServer:
    """Answers from `start` to `stop`. Start it on the event loop that it reports on."""

    def __init__(self, settings: AdminSettings, metrics: Metrics, readiness: Readiness) -> None:
        self._settings = settings
        self._metrics = metrics
        self._readiness = readiness
        self._heartbeat = Heartbeat()
        self._beating: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._http: _Server | None = None
        self.port = 0
        """Where it listens, after `start`; 0 where it is switched off."""

    async def start(self) -> int:
        """Listens.

        Returns:
            The port.

        Raises:
            FailedPrecondition: The address is taken or not ours.
        """
        if not self._settings.enabled:
            return 0
        self._loop = asyncio.get_running_loop()
        address = (self._settings.host, self._settings.port or 0)
        try:
            self._http = _Server(address, self)
        except OSError as error:
            raise FailedPrecondition(
                f"Cannot listen on {address[0]}:{address[1]} ({error.strerror});"
                " choose another by MICROCODER_ADMIN__PORT and MICROCODER_ADMIN__HOST",
                reason="ADDRESS_IN_USE",
            ) from error
        self.port = self._http.server_address[1]
        self._beating = asyncio.create_task(self._heartbeat.run(), name="heartbeat")
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, name="admin", daemon=True).start()
        return self.port

    async def stop(self) -> None:
        """Stops listening. May be called at any time."""
        if self._beating is not None:
            self._beating.cancel()
        if self._http is not None:
            http, self._http = self._http, None
            await asyncio.to_thread(http.shutdown)
            http.server_close()

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for `GET path`. Runs in the server's thread."""
        match path.partition("?")[0]:
            case "/metrics":
                self._metrics.set(Metric.HEARTBEAT_AGE, self._heartbeat.age_s)
                return HTTPStatus.OK, CONTENT_TYPE, self._metrics.render()
            case "/livez":
                return self._alive()
            case "/readyz":
                return self._ready()
            case _:
                return _json(HTTPStatus.NOT_FOUND, {"status": "not found", "paths": ["/metrics", "/livez", "/readyz"]})

    def _alive(self) -> tuple[HTTPStatus, str, bytes]:
        age = self._heartbeat.age_s
        alive = age <= self._settings.max_heartbeat_age_s
        body = {"status": "alive" if alive else "stuck", "heartbeat_age_s": round(age, 3)}
        return _json(HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE, body)

    def _ready(self) -> tuple[HTTPStatus, str, bytes]:
        if self._loop is None or not self._readiness.open:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not open", "checks": {}})
        asked = asyncio.run_coroutine_threadsafe(self._readiness.results(), self._loop)
        try:
            results = asked.result(_READY_WAIT_S)
        except TimeoutError:
            asked.cancel()
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "stuck", "checks": {}})
        ready = all(result.ok for result in results.values())
        checks = {
            name: dataclasses.asdict(result) | {"message": safe_text(result.message)}
            for name, result in results.items()
        }
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(status, {"status": "ready" if ready else "not ready", "checks": checks})


def _json(status: HTTPStatus, body: Mapping[str, Any]) -> tuple[HTTPStatus, str, bytes]:
    return status, _JSON, json.dumps(body).encode() + b"\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], admin: AdminServer) -> None:
        self.admin = admin
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0
    """A client that sends nothing for so long is dropped, seconds."""

    def do_GET(self) -> None:
        status, content_type, body = self.server.admin.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in the base class
        """Probes come every few seconds: not worth a line."""
