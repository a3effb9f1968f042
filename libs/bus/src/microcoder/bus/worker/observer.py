"""What a worker tells about itself, for metrics."""

from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a delivery ended."""

    HANDLED = "handled"
    """The handler returned."""
    RETRIED = "retried"
    """It went to the retry topic after errors."""
    POSTPONED = "postponed"
    """It went to the retry topic because the handler said `RetryLater`."""
    DEAD = "dead"
    """It went to the dead letters."""
    PASSED = "passed"
    """It was for another group."""


class WorkerObserver(Protocol):
    """Hooks, called on the event loop; they must return at once and not raise. `topic` is never a retry topic."""

    def received(self, topic: str, records: int) -> None:
        """So many records came from `topic`."""

    def finished(self, topic: str, outcome: Outcome, seconds: float) -> None:
        """A delivery ended after `seconds` in handlers and pauses between them."""

    def attempt_failed(self, topic: str, error: BaseException) -> None:
        """One call of the handler raised."""

    def load(self, *, in_flight: int, buffered: int, paused_partitions: int) -> None:
        """After each poll: handlers that run, records taken and not finished, partitions paused."""

    def assigned(self, partitions: int) -> None:
        """The worker has so many partitions now, those of the retry topics included."""

    def bus_unavailable(self, error: BaseException) -> None:
        """The bus did not answer; the worker tries again."""

    def fuse_blown(self, reason: str) -> None:
        """The worker stops because too much would become dead letters."""


class NullObserver:
    """Hears and does nothing."""

    def received(self, topic: str, records: int) -> None: ...
    def finished(self, topic: str, outcome: Outcome, seconds: float) -> None: ...
    def attempt_failed(self, topic: str, error: BaseException) -> None: ...
    def load(self, *, in_flight: int, buffered: int, paused_partitions: int) -> None: ...
    def assigned(self, partitions: int) -> None: ...
    def bus_unavailable(self, error: BaseException) -> None: ...
    def fuse_blown(self, reason: str) -> None: ...
