"""What the judge tells of its work while it works, and the metrics that are made of it."""

from enum import StrEnum
from typing import Protocol

from microcoder.judge.domain.engine import Outcome
from microcoder.telemetry import Metric, Metrics, get_logger

_LOG = get_logger(__name__)


class Phase(StrEnum):
    """A part of the work on one test, or on one program."""

    QUEUE = "queue"
    """Waiting for a slot."""
    COMPILE = "compile"
    """A compiler's run, without what waits for it."""
    SPAWN = "spawn"
    """Of any run: what the judge adds to the program's own time."""
    RUN = "run"
    """The program on a test."""
    CHECK = "check"
    """Comparison of an output, with a validator's run where there is one."""


class JudgeObserver(Protocol):
    """Hears of the work. Must not block."""

    def took(self, phase: Phase, seconds: float) -> None:
        """A part of the work is done."""

    def ran(self, language: str, outcome: Outcome) -> None:
        """A program was run on a test."""

    def failed(self, message: str) -> None:
        """The judge itself was in trouble, which begins with its cause up to a colon."""

    def looked_up(self, cache: str, *, hit: bool) -> None:
        """A cache was asked."""

    def replaced(self, reason: str) -> None:
        """A warm slot was replaced."""


class SilentObserver:
    """Does nothing."""

    def took(self, phase: Phase, seconds: float) -> None:
        del phase, seconds

    def ran(self, language: str, outcome: Outcome) -> None:
        del language, outcome

    def failed(self, message: str) -> None:
        del message

    def looked_up(self, cache: str, *, hit: bool) -> None:
        del cache, hit

    def replaced(self, reason: str) -> None:
        del reason


SILENT = SilentObserver()


class MetricsObserver:
    """Counts for Prometheus; trouble is logged, too."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def took(self, phase: Phase, seconds: float) -> None:
        self._metrics.observe(Metric.JUDGE_PHASE_SECONDS, max(seconds, 0.0), phase=phase.value)

    def ran(self, language: str, outcome: Outcome) -> None:
        metrics = self._metrics
        self.took(Phase.RUN, outcome.wall_time_us / 1e6)
        metrics.observe(Metric.JUDGE_RUN_CPU, outcome.cpu_time_us / 1e6, language=language)
        metrics.observe(Metric.JUDGE_RUN_MEMORY, outcome.memory_bytes, language=language)
        if outcome.wall_time_us:
            metrics.observe(Metric.JUDGE_RUN_DELAY, outcome.run_delay_us / outcome.wall_time_us)

    def failed(self, message: str) -> None:
        self._metrics.count(Metric.JUDGE_SANDBOX_FAILURES, reason=message.partition(":")[0][:60])
        _LOG.warning("a run failed for the judge's own reason", error=message[:500])

    def looked_up(self, cache: str, *, hit: bool) -> None:
        self._metrics.count(Metric.JUDGE_CACHE, cache=cache, outcome="hit" if hit else "miss")

    def replaced(self, reason: str) -> None:
        self._metrics.count(Metric.JUDGE_SLOTS_REPLACED)
        _LOG.info("a slot is replaced", reason=reason[:300])
