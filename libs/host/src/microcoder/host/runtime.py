"""What a service's wiring gets from its host, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import grpc.aio
import structlog
from google.protobuf.message import Message

from microcoder.bus import Bus, Worker, WorkerPolicy, encode_event
from microcoder.core.clock import Clock, utc_now
from microcoder.core.timeline import Stage, TimelineEntry, entry_id
from microcoder.host.observers import BusObserver
from microcoder.host.settings import ServiceSettings
from microcoder.rpc import Registration, open_channel
from microcoder.store import OutboxRecord, Repository, Store
from microcoder.telemetry import Check, Metric, Metrics, get_logger
from microcoder.v1 import events_pb2
from microcoder.wire import Topic, key_of, new_event, topic_of

S = TypeVar("S", bound=ServiceSettings)
Handle = Callable[[events_pb2.Event], Awaitable[None]]

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime(Generic[S]):
    """The surroundings of one service."""

    name: str
    """The service: `judge`."""
    version: str
    """Of its package."""
    settings: S
    """Its settings."""
    store: Store
    """Open."""
    bus: Bus
    """Open, with all topics."""
    clock: Clock = utc_now
    """The current time."""
    metrics: Metrics = field(default_factory=Metrics)
    """Served on the admin port."""

    @property
    def producer(self) -> str:
        """How events name their sender: `judge/0.1.0`."""
        return f"{self.name}/{self.version}"

    async def publish(self, payload: Message) -> None:
        """Sends an event around `payload`, one of the messages in `Event`, and returns when it is durable.

        Raises:
            Unavailable: The bus does not answer; the event may or may not have been sent.
        """
        record = encode_event(self._event(payload))
        await self.bus.produce([record])
        self.metrics.count(Metric.BUS_PRODUCED, topic=record.topic)

    def outbox(self, payload: Message) -> OutboxRecord:
        """The same event, to be written with a record (`Repository.put(…, outbox=[…])`); the host sends it then."""
        record = encode_event(self._event(payload))
        return OutboxRecord(topic=record.topic, key=record.key, value=record.value)

    async def note(
        self,
        problem_id: str,
        revision: int,
        stage: Stage,
        summary: str,
        *,
        reason: str = "",
        details: Mapping[str, str] | None = None,
        subject: str = "",
    ) -> None:
        """Appends a step to a problem's timeline, with this service as its actor. Repeating a step changes nothing.

        Args:
            problem_id: Whose life it is.
            revision: Of the raw source that was worked on.
            stage: What happened.
            summary: One line for a person.
            reason: Of a rejection, UPPER_SNAKE_CASE.
            details: Facts for programs.
            subject: Tells apart steps that may happen more than once, for example one per release.
        """
        entry = TimelineEntry(
            id=entry_id(problem_id, revision, stage, self.name, subject),
            problem_id=problem_id,
            revision=revision,
            stage=stage,
            actor=self.name,
            time=self.clock(),
            summary=summary,
            reason=reason,
            details=dict(details or {}),
        )
        if await self.store.timeline.add(entry):
            self.metrics.count(Metric.PROBLEMS, stage=stage.value, reason=reason)
            _LOG.info(stage.value, problem_id=problem_id, revision=revision, summary=summary, reason=reason)

    def worker(
        self, *, group: str, topics: Sequence[Topic], handle: Handle, policy: WorkerPolicy | None = None
    ) -> Worker:
        """A bus worker whose logs carry the event's ids and whose doings are counted.

        Args:
            group: Consumer group, by convention the service's name.
            topics: What it consumes.
            handle: Called with each event.
            policy: Pace and retries; by default that of the settings.
        """

        async def handle_in_context(event: events_pb2.Event) -> None:
            with structlog.contextvars.bound_contextvars(**_log_context(event)):
                await handle(event)

        return Worker(
            self.bus,
            group=group,
            topics=topics,
            handle=handle_in_context,
            policy=policy or self.settings.bus.worker,
            observer=BusObserver(self.metrics, group=group),
            service=self.producer,
        )

    def channel(self, target: str) -> grpc.aio.Channel:
        """A channel to another service with this service's token and certificates; close it with `Parts.close`."""
        return open_channel(target, self.settings.channel)

    def _event(self, payload: Message) -> events_pb2.Event:
        return new_event(payload, producer=self.producer, occurred_time=self.clock())


def _log_context(event: events_pb2.Event) -> dict[str, str]:
    topic, key = topic_of(event), key_of(event)
    about = "problem_id" if topic.startswith("microcoder.problem.") else "key"
    return {"event_id": event.event_id, "topic": topic.value, about: key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a service is made of."""

    servicers: Sequence[Registration] = ()
    """gRPC services."""
    workers: Sequence[Worker] = ()
    """Bus consumers, see `Runtime.worker`."""
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    """Long-running coroutines, cancelled when the service drains. One that returns is done; one that raises a
    retryable error is started again; any other error ends the process."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What must work for the service to serve, by name: readiness and gRPC's health follow them."""
    outboxes: Sequence[Repository[Any]] = ()
    """Collections of this service whose outboxes the host sends."""
    close: Sequence[Callable[[], Awaitable[None]]] = ()
    """Called at the end, last one first."""
