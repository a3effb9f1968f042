"""Signals, budgets and supervision."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from microcoder.core.errors import MicrocoderError
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0
_ATTEMPT_S = 5.0
"""For one attempt to reach a dependency at the start, and between two."""
_SAME_WISH_S = 1.0
"""Signals this close are one wish: Ctrl-C reaches a whole process group, whose head may send SIGTERM on top."""
_STEADY_S = 60.0
"""A task that ran so long starts afresh in counting its failures."""

T = TypeVar("T")


class Stop:
    """The wish to end. The first SIGTERM or SIGINT asks for it, a later one ends the process on the spot."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._asked_at = 0.0

    def listen(self) -> None:
        """Handles the signals; needs the main thread's event loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)

    def ask(self) -> None:
        """As the first signal does."""
        self._asked_at = time.monotonic()
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether the process is to end."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Until it is asked for."""
        await self._asked.wait()

    def _on_signal(self, number: signal.Signals) -> None:
        if self.asked and time.monotonic() - self._asked_at < _SAME_WISH_S:
            return
        if self.asked:
            _LOG.error("second signal, ending without draining", signal=number.name)
            os._exit(128 + number)
        _LOG.info("stopping, a second signal ends at once", signal=number.name)
        self.ask()


class Budget:
    """A span of time that several steps share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left_s(self, *, share: float = 1.0) -> float:
        """Seconds left, or a `share` of them."""
        return max(self._end - time.monotonic(), 0.0) * share


class Stopped(Exception):
    """The wish to end came while starting."""


class StartupError(Exception):
    """What is needed is not there. The message says what and what to do."""


class Crashed(Exception):
    """A worker or a task ended with an error; that error is the cause."""


async def need(what: str, attempt: Callable[[], Awaitable[T]], *, budget: Budget, stop: Stop) -> T:
    """What `attempt` gives, tried again while it raises retryable errors or does not answer, and `budget` lasts.

    Raises:
        StartupError: It is still not there, or never will be.
        Stopped: `stop` was asked for meanwhile.
    """
    pause = _FIRST_PAUSE_S
    while True:
        timeout_s = min(max(budget.left_s(), _FIRST_PAUSE_S), _ATTEMPT_S)
        try:
            return await unless(stop, attempt(), timeout_s=timeout_s)
        except TimeoutError:
            problem = f"no answer within {timeout_s:.1f} s"
        except MicrocoderError as error:
            if not error.retryable:
                raise StartupError(f"{what} cannot be used: {error.message}") from error
            problem = error.message
        if budget.left_s() <= pause:
            raise StartupError(f"{what} cannot be reached: {problem}")
        _LOG.warning("waiting", what=what, error=problem, left_s=round(budget.left_s(), 1))
        await unless(stop, asyncio.sleep(pause))
        pause = min(pause * 2, _ATTEMPT_S)


async def bounded(step: str, work: Awaitable[object], timeout_s: float) -> None:
    """Runs one step of ending. Neither an error nor a step that does not end keeps the next ones from their turn."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=timeout_s)
    if not done:
        task.cancel()
        _LOG.warning("given up while ending", step=step, after_s=round(timeout_s, 1))
    elif not task.cancelled() and (error := task.exception()):
        _LOG.error("failed while ending", step=step, exc_info=error)


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work`, and again, ever more slowly, where it raises a retryable error. Other errors are raised."""
    pause = _FIRST_PAUSE_S
    while True:
        started = time.monotonic()
        try:
            return await work()
        except MicrocoderError as error:
            if not error.retryable:
                raise
            if time.monotonic() - started > _STEADY_S:
                pause = _FIRST_PAUSE_S
            _LOG.warning("task failed, starting it again", task=name, error=error.message, in_s=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


async def unless(stop: Stop, work: Awaitable[T], *, timeout_s: float | None = None) -> T:
    """What `work` gives; it is cancelled where `stop` is asked for or the time is up first."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Stopped if stop.asked else TimeoutError
    finally:
        stopping.cancel()
        task.cancel()
