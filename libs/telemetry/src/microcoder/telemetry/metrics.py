"""Every metric of the project, in one place: names and labels are an interface that dashboards and alerts rely on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `Metrics.render` gives."""

_FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Calls and store operations: a millisecond to ten seconds."""
_WORK_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Handling of a problem: milliseconds to a quarter of an hour."""
_RUN_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 60.0)
"""Programs under a time limit: limits are mostly one to ten seconds."""
_PHASE_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
"""Parts of the judge's work: below a millisecond to a minute."""
_SHARE = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
"""Shares of a whole."""
_MEMORY_BYTES = tuple(float(2**power) for power in range(22, 34))
"""Programs under a memory limit: 4 MiB to 8 GiB."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    """As scraped. Counters end in `_total`, others in their unit."""
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, of a histogram."""


class Metric(Enum):
    """The metrics."""

    BUILD_INFO = Spec("gauge", "microcoder_build_info", "1, with the version as label.", ("service", "version"))
    READY = Spec("gauge", "microcoder_ready", "1 while the service takes work, else 0.")
    HEARTBEAT_AGE = Spec("gauge", "microcoder_event_loop_heartbeat_age_seconds", "Since the event loop last ran.")

    RPC_STARTED = Spec("counter", "microcoder_rpc_started_total", "Calls that came in.", ("method",))
    RPC_HANDLED = Spec("counter", "microcoder_rpc_handled_total", "Calls answered, by status code.", ("method", "code"))
    RPC_SECONDS = Spec("histogram", "microcoder_rpc_seconds", "Time to answer a call.", ("method",), _FAST_S)

    BUS_RECEIVED = Spec("counter", "microcoder_bus_received_total", "Messages that came.", ("topic",))
    BUS_FINISHED = Spec("counter", "microcoder_bus_finished_total", "Messages, by outcome.", ("topic", "outcome"))
    BUS_SECONDS = Spec("histogram", "microcoder_bus_handle_seconds", "Time to handle a message.", ("topic",), _WORK_S)
    BUS_FAILED_ATTEMPTS = Spec(
        "counter", "microcoder_bus_failed_attempts_total", "Handler calls that raised.", ("topic", "error")
    )
    BUS_ASSIGNED = Spec("gauge", "microcoder_bus_assigned_partitions", "Partitions of this member.", ("group",))
    BUS_IN_FLIGHT = Spec("gauge", "microcoder_bus_in_flight_messages", "Messages being handled.", ("group",))
    BUS_BUFFERED = Spec("gauge", "microcoder_bus_buffered_messages", "Taken and not finished.", ("group",))
    BUS_PAUSED = Spec("gauge", "microcoder_bus_paused_partitions", "Partitions paused for backpressure.", ("group",))
    BUS_UNAVAILABLE = Spec(
        "counter", "microcoder_bus_unavailable_total", "Times that the bus did not answer.", ("group", "error")
    )
    BUS_FUSES_BLOWN = Spec(
        "counter", "microcoder_bus_fuses_blown_total", "Stops for too many dead letters.", ("group",)
    )
    BUS_LAG = Spec("gauge", "microcoder_bus_lag_messages", "Not yet committed.", ("group", "topic", "partition"))
    BUS_REBALANCES = Spec("counter", "microcoder_bus_rebalances_total", "Changes of the assignment.", ("group",))
    BUS_PRODUCED = Spec("counter", "microcoder_bus_produced_total", "Messages sent.", ("topic",))

    OUTBOX_SENT = Spec("counter", "microcoder_outbox_sent_total", "Outbox records sent.", ("topic",))
    OUTBOX_FAILURES = Spec("counter", "microcoder_outbox_failures_total", "Rounds that could not send.")
    STORE_SECONDS = Spec(
        "histogram", "microcoder_store_seconds", "Time of a store operation.", ("collection", "operation"), _FAST_S
    )
    STORE_ERRORS = Spec(
        "counter", "microcoder_store_errors_total", "Store operations that failed.", ("collection", "operation")
    )

    PROBLEMS = Spec("counter", "microcoder_problems_total", "Problems that passed a stage.", ("stage", "reason"))

    JUDGE_SUBMISSIONS = Spec(
        "counter", "microcoder_judge_submissions_total", "Submissions judged.", ("language", "verdict")
    )
    JUDGE_QUEUE = Spec("gauge", "microcoder_judge_queue_submissions", "Submissions that wait for a slot.")
    JUDGE_RUN_CPU = Spec(
        "histogram", "microcoder_judge_run_cpu_seconds", "CPU time of a run on one test.", ("language",), _RUN_S
    )
    JUDGE_RUN_MEMORY = Spec(
        "histogram", "microcoder_judge_run_memory_bytes", "Peak memory of a run.", ("language",), _MEMORY_BYTES
    )
    JUDGE_SANDBOX_FAILURES = Spec(
        "counter", "microcoder_judge_sandbox_failures_total", "Failures of the jail itself.", ("reason",)
    )

    JUDGE_PHASE_SECONDS = Spec(
        "histogram",
        "microcoder_judge_phase_seconds",
        "Time of a part of the work: queue, compile, spawn, run, check.",
        ("phase",),
        _PHASE_S,
    )
    JUDGE_SUBMISSION_SECONDS = Spec(
        "histogram", "microcoder_judge_submission_seconds", "Time to judge a submission.", ("verdict",), _WORK_S
    )
    JUDGE_RUN_DELAY = Spec(
        "histogram",
        "microcoder_judge_run_delay_ratio",
        "Share of a run's wall time in which it could have run and got no processor.",
        (),
        _SHARE,
    )
    JUDGE_CACHE = Spec("counter", "microcoder_judge_cache_total", "Questions to a cache.", ("cache", "outcome"))
    JUDGE_SLOTS_REPLACED = Spec("counter", "microcoder_judge_slots_replaced_total", "Warm slots that were replaced.")

    LLM_REQUESTS = Spec("counter", "microcoder_llm_requests_total", "LLM requests.", ("model", "outcome"))
    LLM_SECONDS = Spec("histogram", "microcoder_llm_seconds", "Time of an LLM request.", ("model",), _WORK_S)
    LLM_TOKENS = Spec("counter", "microcoder_llm_tokens_total", "Tokens.", ("model", "direction"))
    LLM_UNPARSED = Spec("counter", "microcoder_llm_unparsed_total", "Answers that did not fit the schema.", ("model",))

    TRAINING_RUNS = Spec("gauge", "microcoder_training_runs", "Training runs.", ("state",))
    TRAINING_REWARD = Spec("gauge", "microcoder_training_reward_mean", "Mean reward of the last step.", ("run_id",))
    EVALUATION_ITEMS = Spec("counter", "microcoder_evaluation_items_total", "Items evaluated.", ("outcome",))


class Metrics:
    """The metrics of one process. Safe from any thread.

    A label that a metric does not declare, or one that is missing, is a ValueError: it is a bug of the caller.
    """

    def __init__(self, *, process: bool = True) -> None:
        self._registry = CollectorRegistry()
        if process:
            for collector in (ProcessCollector, PlatformCollector, GCCollector):
                collector(registry=self._registry)
        self._counters = {m: Counter(*_arguments(m), registry=self._registry) for m in _of("counter")}
        self._gauges = {m: Gauge(*_arguments(m), registry=self._registry) for m in _of("gauge")}
        self._histograms = {
            m: Histogram(*_arguments(m), buckets=m.value.buckets, registry=self._registry) for m in _of("histogram")
        }

    def count(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        """Adds `amount` to a counter."""
        counter = self._counters[metric]
        (counter.labels(**labels) if metric.value.labels or labels else counter).inc(amount)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Sets a gauge."""
        gauge = self._gauges[metric]
        (gauge.labels(**labels) if metric.value.labels or labels else gauge).set(value)

    def clear(self, metric: Metric) -> None:
        """Forgets what a gauge with labels stands at, for all labels."""
        self._gauges[metric].clear()

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Adds `value` to a histogram."""
        histogram = self._histograms[metric]
        (histogram.labels(**labels) if metric.value.labels or labels else histogram).observe(value)

    @contextmanager
    def timed(self, metric: Metric, **labels: str) -> Iterator[None]:
        """Adds the seconds that the block takes to a histogram, also where it raises."""
        started = perf_counter()
        try:
            yield
        finally:
            self.observe(metric, perf_counter() - started, **labels)

    def value(self, metric: Metric, **labels: str) -> float:
        """What a counter or gauge stands at, or how many values a histogram has; 0 where nothing was written yet."""
        suffix = "_count" if metric.value.kind == "histogram" else ""
        return self._registry.get_sample_value(metric.value.name + suffix, labels) or 0.0

    def render(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)


def _of(kind: str) -> Iterator[Metric]:
    return (metric for metric in Metric if metric.value.kind == kind)


def _arguments(metric: Metric) -> tuple[str, str, tuple[str, ...]]:
    return metric.value.name, metric.value.help, metric.value.labels
