"""What becomes of a delivery whose handler raised."""

import random
from dataclasses import dataclass

from microcoder.bus.errors import Poison, RetryLater
from microcoder.bus.worker.policy import WorkerPolicy
from microcoder.core.errors import MicrocoderError, ResourceExhausted


@dataclass(frozen=True, slots=True)
class Again:
    """The handler is called again in place, after a pause."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Later:
    """The record goes to the retry topic."""

    delay_s: float
    attempts: int
    postponements: int


@dataclass(frozen=True, slots=True)
class Dead:
    """The record goes to the dead letters."""


Fate = Again | Later | Dead


@dataclass(frozen=True, slots=True)
class History:
    """What a delivery has been through."""

    attempts: int
    """Deliveries before this one that ended in errors."""
    postponements: int
    """Deliveries before this one that ended in `RetryLater`."""
    calls: int
    """Calls of the handler in this delivery."""


def fate_of(error: Exception, history: History, policy: WorkerPolicy) -> Fate:
    """Decides by the kind of `error` and by what was tried already."""
    if isinstance(error, RetryLater):
        if history.postponements >= policy.max_postponements:
            return Dead()
        return Later(max(error.delay_s, 0.0), history.attempts, history.postponements + 1)
    if isinstance(error, Poison) or (isinstance(error, MicrocoderError) and not error.retryable):
        return Dead()
    wanted_s = error.retry_after_s if isinstance(error, ResourceExhausted) else 0.0
    if history.calls <= policy.in_place_retries and wanted_s <= policy.in_place_backoff_max_s:
        return Again(max(wanted_s, _backoff_s(history.calls, policy)))
    if history.attempts >= len(policy.retry_delays_s):
        return Dead()
    delay_s = max(wanted_s, policy.retry_delays_s[history.attempts])
    return Later(_jittered(delay_s), history.attempts + 1, history.postponements)


def _backoff_s(calls: int, policy: WorkerPolicy) -> float:
    return _jittered(min(policy.in_place_backoff_s * 2.0 ** (calls - 1), policy.in_place_backoff_max_s))


def _jittered(seconds: float) -> float:
    # Between 80 % and 120 %: enough that records which failed together do not come back together.
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
