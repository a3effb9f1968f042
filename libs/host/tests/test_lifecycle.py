"""Waiting at the start, supervision, and ending within a budget."""

import asyncio
import time

import pytest

from microcoder.core.errors import FailedPrecondition, Unavailable
from microcoder.host.lifecycle import Budget, StartupError, Stop, Stopped, bounded, keep_running, need


class Flaky:
    """Raises so many times, then works."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error


async def test_a_dependency_that_comes_is_waited_for() -> None:
    attempt = Flaky(1, Unavailable("starting"))
    await need("The store", attempt, budget=Budget(5), stop=Stop())
    assert attempt.calls == 2


async def test_a_dependency_that_does_not_come_is_given_up() -> None:
    with pytest.raises(StartupError, match="The store cannot be reached: away"):
        await need("The store", Flaky(99, Unavailable("away")), budget=Budget(0.3), stop=Stop())


async def test_a_dependency_that_does_not_answer_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(StartupError, match="no answer"):
        await need("The bus", lambda: asyncio.sleep(60), budget=Budget(0.3), stop=Stop())
    assert time.monotonic() - started < 2


async def test_what_will_never_work_is_not_waited_for() -> None:
    attempt = Flaky(99, FailedPrecondition("wrong version"))
    with pytest.raises(StartupError, match="wrong version"):
        await need("The bus", attempt, budget=Budget(60), stop=Stop())
    assert attempt.calls == 1


async def test_a_wish_to_end_ends_the_waiting() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_later(0.1, stop.ask)
    with pytest.raises(Stopped):
        await need("The store", lambda: asyncio.sleep(60), budget=Budget(60), stop=stop)


async def test_a_step_that_does_not_end_is_left_behind() -> None:
    started = time.monotonic()
    await bounded("slow", asyncio.sleep(60), 0.1)
    assert time.monotonic() - started < 1


async def test_a_step_that_fails_or_is_cancelled_is_told_and_passed(caplog: pytest.LogCaptureFixture) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    await bounded("close", Flaky(1, ValueError("boom"))(), 1)
    await bounded("close", cancelled(), 1)


async def test_a_task_is_started_again_after_retryable_errors_only() -> None:
    task = Flaky(1, Unavailable("mongod restarts"))
    await asyncio.wait_for(keep_running("t", task), 5)
    assert task.calls == 2
    with pytest.raises(ValueError, match="a bug"):
        await keep_running("t", Flaky(1, ValueError("a bug")))
