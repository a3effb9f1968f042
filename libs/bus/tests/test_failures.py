"""What becomes of a failed call, by the error and by what was tried already."""

import pytest

from microcoder.bus import Poison, RetryLater, WorkerPolicy
from microcoder.bus.worker.failures import Again, Dead, History, Later, fate_of
from microcoder.core.errors import InvalidArgument, ResourceExhausted, Unavailable

POLICY = WorkerPolicy(in_place_retries=2, retry_delays_s=(10, 60), max_postponements=3)
FRESH = History(attempts=0, postponements=0, calls=1)
TIRED = History(attempts=0, postponements=0, calls=3)


@pytest.mark.parametrize("error", [Unavailable("x"), ResourceExhausted("x"), OSError("x"), KeyError("a bug")])
def test_what_may_pass_is_tried_again_in_place_first(error: Exception) -> None:
    assert isinstance(fate_of(error, FRESH, POLICY), Again)
    assert isinstance(fate_of(error, TIRED, POLICY), Later)


@pytest.mark.parametrize("error", [Poison("x"), InvalidArgument("x")])
def test_what_cannot_pass_is_dead_at_once(error: Exception) -> None:
    assert fate_of(error, FRESH, POLICY) == Dead()


def test_the_delays_grow_and_end() -> None:
    later = [fate_of(OSError(), History(attempts, 0, 3), POLICY) for attempts in (0, 1)]
    assert [round(fate.delay_s / wanted) for fate, wanted in zip(later, (10, 60), strict=True)] == [1, 1]  # type: ignore[union-attr]
    assert fate_of(OSError(), History(2, 0, 3), POLICY) == Dead()


def test_pauses_in_place_stay_short() -> None:
    policy = WorkerPolicy(in_place_retries=50, in_place_backoff_s=0.1, in_place_backoff_max_s=2)
    for calls in range(1, 50):
        fate = fate_of(OSError(), History(0, 0, calls), policy)
        assert isinstance(fate, Again)
        assert fate.pause_s <= 2.4


def test_a_long_wait_that_the_error_asks_for_goes_by_way_of_the_retry_topic() -> None:
    fate = fate_of(ResourceExhausted("busy", retry_after_s=30), FRESH, POLICY)
    assert isinstance(fate, Later)
    assert fate.delay_s >= 0.8 * 30


def test_postponing_costs_no_attempt_but_has_an_end() -> None:
    assert fate_of(RetryLater("x", delay_s=5), History(1, 2, 1), POLICY) == Later(5, 1, 3)
    assert fate_of(RetryLater("x", delay_s=5), History(1, 3, 1), POLICY) == Dead()
