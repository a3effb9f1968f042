"""Is this process alive, and does it take work."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

Check = Callable[[], Awaitable[None]]
"""Returns where the thing works, raises where it does not."""

_BEAT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of one check."""

    ok: bool
    milliseconds: float
    """How long it took."""
    message: str = ""
    """What is wrong."""


class Heartbeat:
    """Shows whether the event loop still turns. A loop that a long computation blocks does not beat."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def run(self) -> None:
        """Beats until cancelled."""
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(_BEAT_S)

    @property
    def age_s(self) -> float:
        """Seconds since the last beat. May be read from any thread."""
        return time.monotonic() - self._last


class Readiness:
    """Whether the service takes work: it was opened, is not draining, and every named check passes."""

    def __init__(self, *, timeout_s: float = 2.0) -> None:
        self._timeout_s = timeout_s
        self._checks: dict[str, Check] = {}
        self.open = False
        """Set after start, cleared when draining begins."""

    def add(self, name: str, check: Check) -> None:
        """Adds a check."""
        self._checks[name] = check

    async def results(self) -> Mapping[str, CheckResult]:
        """The outcome of all checks, made at the same time."""
        done = await asyncio.gather(*(self._run(check) for check in self._checks.values()))
        return dict(zip(self._checks, done, strict=True))

    async def _run(self, check: Check) -> CheckResult:
        started = time.monotonic()
        message = ""
        try:
            async with asyncio.timeout(self._timeout_s):
                await check()
        except TimeoutError:
            message = f"no answer within {self._timeout_s:g} s"
        except Exception as error:  # noqa: BLE001  whatever a check raises is its finding
            message = f"{type(error).__name__}: {error}"
        return CheckResult(ok=not message, milliseconds=round((time.monotonic() - started) * 1000, 1), message=message)
