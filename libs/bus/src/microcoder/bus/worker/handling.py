"""Brings one delivery to its end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from microcoder.bus import headers
from microcoder.bus.errors import Poison, RetryLater
from microcoder.bus.events import decode_event
from microcoder.bus.port import Bus, Record
from microcoder.bus.worker.backoff import Backoff
from microcoder.bus.worker.delivery import Delivery, number
from microcoder.bus.worker.failures import Again, Dead, History, Later, fate_of
from microcoder.bus.worker.fuse import Fuse
from microcoder.bus.worker.observer import Outcome, WorkerObserver
from microcoder.bus.worker.policy import WorkerPolicy
from microcoder.bus.worker.routing import dead_record, reason_of, retry_record
from microcoder.core.errors import MicrocoderError, Unavailable
from microcoder.v1 import events_pb2 as pb

_log = logging.getLogger(__name__)

Handler = Callable[[pb.Event], Awaitable[None]]


class Handling:
    """Calls the handler, again where that helps, and sends on what it did not handle."""

    def __init__(
        self, bus: Bus, *, group: str, service: str, handle: Handler, policy: WorkerPolicy, observer: WorkerObserver
    ) -> None:
        self._bus = bus
        self._group = group
        self._service = service
        self._handle = handle
        self._policy = policy
        self._observer = observer
        self._fuse = Fuse(policy)

    async def process(self, delivery: Delivery) -> None:
        """Handles `delivery` or sends it on, and finishes it.

        Raises:
            FuseBlown: It would be one dead letter too many.
            NotFound: The retry or dead-letter topic does not exist.
        """
        started = time.monotonic()
        outcome = await self._outcome(delivery) if delivery.is_for(self._group) else Outcome.PASSED
        delivery.finish()
        self._observer.finished(delivery.topic, outcome, time.monotonic() - started)

    async def _outcome(self, delivery: Delivery) -> Outcome:
        attempts = number(delivery.message, headers.ATTEMPT)
        postponements = number(delivery.message, headers.POSTPONED)
        calls = 0
        while True:
            calls += 1
            error = await self._try(delivery)
            if error is None:
                self._fuse.succeeded()
                return Outcome.HANDLED
            match fate_of(error, History(attempts, postponements, calls), self._policy):
                case Again(pause_s):
                    await asyncio.sleep(pause_s)
                case Later() as later:
                    await self._send(delivery, retry_record(delivery, error, later, group=self._group))
                    return Outcome.POSTPONED if later.attempts == attempts else Outcome.RETRIED
                case Dead():
                    await self._bury(delivery, error, attempts + 1)
                    return Outcome.DEAD

    async def _try(self, delivery: Delivery) -> Exception | None:
        """One call of the handler; what it raised, if anything."""
        try:
            await self._handle(decode_event(delivery.message.value))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            error: Exception = RuntimeError("the handler was cancelled by something that it waits for")
        except Exception as raised:  # noqa: BLE001 - every error of a handler has a fate
            error = raised
        else:
            return None
        self._observer.attempt_failed(delivery.topic, error)
        self._log_failure(delivery, error)
        return error

    def _log_failure(self, delivery: Delivery, error: Exception) -> None:
        said_on_purpose = isinstance(error, (MicrocoderError, Poison, RetryLater))
        _log.warning(
            "%s: record %s failed: %s: %s",
            self._group,
            delivery.name,
            type(error).__name__,
            reason_of(error),
            exc_info=None if said_on_purpose else error,
        )

    async def _bury(self, delivery: Delivery, error: Exception, attempts: int) -> None:
        if not delivery.watermark.void:
            self._fuse.check(f"{type(error).__name__}: {reason_of(error)}")
        record = dead_record(delivery, error, attempts=attempts, group=self._group, service=self._service)
        await self._send(delivery, record)

    async def _send(self, delivery: Delivery, record: Record) -> None:
        """Sends until it is durable. A record of a lost partition is not sent: its new owner handles it."""
        backoff = Backoff(self._policy.unavailable_backoff_max_s)
        while not delivery.watermark.void:
            try:
                await self._bus.produce([record])
            except Unavailable as error:
                self._observer.bus_unavailable(error)
                await backoff.pause()
            else:
                return
