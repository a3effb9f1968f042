"""HTTP that hosts do not mind: one request at a time per host, pauses, retries that listen, bounds on everything."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, Unavailable
from microcoder.scraper.settings import HttpSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_FORBIDDEN = frozenset({401, 403, 407, 451})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer whose body lies in a file."""

    etag: str
    """Empty where the host sends none."""
    not_modified: bool
    """True where the body is the one that the given ETag names; then the file is empty."""


class _Busy(Exception):
    """The host asked to come again; `wait_s` where it said when."""

    def __init__(self, message: str, wait_s: float | None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Fetcher:
    """Fetches by GET into files. Shared by all feeds, so that hosts are counted once."""

    def __init__(self, settings: HttpSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "identity"},
            timeout=settings.timeout_s,
            follow_redirects=False,
            transport=transport,
        )
        self._turns: dict[str, _Turn] = {}

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def fetch(self, url: str, into: Path, *, max_bytes: int, hosts: frozenset[str], etag: str = "") -> Fetched:
        """Writes the body of `url` to the file `into`.

        Args:
            url: http or https.
            into: File to write.
            max_bytes: Longest body that is taken.
            hosts: Hosts that may be asked, redirects included.
            etag: Of the last answer; makes the request conditional.

        Raises:
            InvalidArgument: The address is of another kind or host, redirects too often, or is refused as a request.
            NotFound: There is nothing (any more).
            PermissionDenied: The host does not want to give it.
            ResourceExhausted: The body is longer than `max_bytes`.
            Unavailable: The host did not answer properly, however often it was asked.
        """
        for attempt in range(1, self._settings.max_attempts + 1):
            try:
                return await self._follow(url, into, max_bytes=max_bytes, hosts=hosts, etag=etag)
            except (_Busy, httpx.HTTPError, TimeoutError) as error:
                wait_s = self._wait(error, attempt)
                message = str(error) or type(error).__name__
                if attempt == self._settings.max_attempts or wait_s > self._settings.max_wait_s:
                    raise Unavailable(f"{_shown(url)} does not answer properly: {message}") from error
            await asyncio.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _follow(self, url: str, into: Path, *, max_bytes: int, hosts: frozenset[str], etag: str) -> Fetched:
        for _ in range(self._settings.max_redirects + 1):
            host = _checked_host(url, hosts)
            async with self._turn(host), asyncio.timeout(self._settings.total_timeout_s):
                headers = {"If-None-Match": etag} if etag else {}
                async with self._client.stream("GET", url, headers=headers) as response:
                    if response.status_code in _REDIRECTS:
                        url = urljoin(url, response.headers.get("Location", ""))
                        continue
                    return await _receive(response, url, into, max_bytes)
        raise InvalidArgument(f"{_shown(url)} redirects more than {self._settings.max_redirects} times")

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(host, _Turn())
        async with turn.lock:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, turn.not_before - loop.time()))
            try:
                yield
            finally:
                turn.not_before = loop.time() + self._settings.min_interval_s

    def _wait(self, error: Exception, attempt: int) -> float:
        if isinstance(error, _Busy) and error.wait_s is not None:
            return error.wait_s
        backoff: float = self._settings.backoff_s * 2 ** (attempt - 1)
        return backoff * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, keeps no secret


class _Turn:
    """Whose turn it is at one host, and when the next may be."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.not_before = 0.0


async def _receive(response: httpx.Response, url: str, into: Path, max_bytes: int) -> Fetched:
    status = response.status_code
    if status == httpx.codes.NOT_MODIFIED:
        return Fetched(etag=response.headers.get("ETag", ""), not_modified=True)
    _raise_for_status(response, url)
    received = 0
    with into.open("wb") as out:
        async for chunk in response.aiter_bytes():
            received += len(chunk)
            if received > max_bytes:
                raise ResourceExhausted(f"{_shown(url)} is larger than the {max_bytes} bytes that are taken")
            out.write(chunk)
    return Fetched(etag=response.headers.get("ETag", ""), not_modified=False)


def _raise_for_status(response: httpx.Response, url: str) -> None:
    status, shown = response.status_code, _shown(url)
    if status in _TRY_AGAIN:
        raise _Busy(f"status {status}", retry_after(response.headers.get("Retry-After", ""), now=datetime.now(UTC)))
    if status in _FORBIDDEN:
        raise PermissionDenied(f"{shown} is not given to us (status {status})")
    if status in (404, 410):
        raise NotFound(f"there is nothing at {shown} (status {status})")
    if status != httpx.codes.OK:
        raise InvalidArgument(f"{shown} answers with status {status}")


def retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks to wait; None where it says nothing readable."""
    if value.strip().isdigit():
        return float(value)
    try:
        time = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, (time.astimezone(UTC) - now).total_seconds())


def _checked_host(url: str, hosts: frozenset[str]) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise InvalidArgument(f"{url[:200]!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise InvalidArgument(f"{_shown(url)} is neither http nor https")
    if host not in hosts:
        raise InvalidArgument(
            f"{_shown(url)} lies on a host that this feed may not send us to; if that is right, add it to "
            "MICROCODER_SCRAPER__HTTP__EXTRA_HOSTS"
        )
    return host


def _shown(url: str) -> str:
    """`url` without user, password and query, for messages."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"[:300]
