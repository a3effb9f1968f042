"""From what the libraries tell of themselves to metrics and log context."""

import grpc
import structlog

from microcoder.bus import Outcome
from microcoder.rpc import CallInfo
from microcoder.telemetry import Metric, Metrics, get_logger

_LOG = get_logger(__name__)


class RpcObserver:
    """Counts calls and binds their id to the log context."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def started(self, call: CallInfo) -> None:
        structlog.contextvars.bind_contextvars(request_id=call.request_id, method=call.method)
        self._metrics.count(Metric.RPC_STARTED, method=call.method)

    def finished(self, call: CallInfo, code: grpc.StatusCode, seconds: float) -> None:
        self._metrics.count(Metric.RPC_HANDLED, method=call.method, code=code.name)
        self._metrics.observe(Metric.RPC_SECONDS, seconds, method=call.method)
        _LOG.debug("call handled", code=code.name, seconds=round(seconds, 4))


class BusObserver:
    """Counts what a worker does."""

    def __init__(self, metrics: Metrics, *, group: str) -> None:
        self._metrics = metrics
        self._group = group

    def received(self, topic: str, records: int) -> None:
        self._metrics.count(Metric.BUS_RECEIVED, records, topic=topic)

    def finished(self, topic: str, outcome: Outcome, seconds: float) -> None:
        self._metrics.count(Metric.BUS_FINISHED, topic=topic, outcome=outcome.value)
        self._metrics.observe(Metric.BUS_SECONDS, seconds, topic=topic)

    def attempt_failed(self, topic: str, error: BaseException) -> None:
        self._metrics.count(Metric.BUS_FAILED_ATTEMPTS, topic=topic, error=type(error).__name__)

    def assigned(self, partitions: int) -> None:
        self._metrics.count(Metric.BUS_REBALANCES, group=self._group)
        self._metrics.set(Metric.BUS_ASSIGNED, partitions, group=self._group)

    def load(self, *, in_flight: int, buffered: int, paused_partitions: int) -> None:
        self._metrics.set(Metric.BUS_IN_FLIGHT, in_flight, group=self._group)
        self._metrics.set(Metric.BUS_BUFFERED, buffered, group=self._group)
        self._metrics.set(Metric.BUS_PAUSED, paused_partitions, group=self._group)

    def bus_unavailable(self, error: BaseException) -> None:
        self._metrics.count(Metric.BUS_UNAVAILABLE, group=self._group, error=type(error).__name__)

    def fuse_blown(self, reason: str) -> None:
        del reason  # the worker ends with it, and the host logs that
        self._metrics.count(Metric.BUS_FUSES_BLOWN, group=self._group)
