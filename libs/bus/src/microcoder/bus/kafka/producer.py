"""Sending."""

import logging
import time
from collections.abc import Sequence

from kafka import errors

from microcoder.bus.batching import Batches, Results
from microcoder.bus.kafka.client import RawFuture, RawProducer, as_headers, make_producer
from microcoder.bus.kafka.thread import ClientThread, translate
from microcoder.bus.port import Record
from microcoder.bus.settings import KafkaSettings
from microcoder.core.errors import MicrocoderError

_log = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S = 2.0


class Producer:
    """An idempotent producer in its thread, thrown away after any failure.

    After a batch that ran into its delivery timeout, and after a record that the broker refused, kafka-python's
    idempotent producer sends nothing any more: later futures never end. So none is used again after a failed future,
    and every wait has a timeout.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._thread = ClientThread(settings.bootstrap_servers, "kafka-producer")
        self._producer: RawProducer | None = None

    async def send(self, batches: Batches) -> Results:
        """Sends several callers' batches; gives, per batch, None or why it is not known to be sent."""
        return await self._thread.run(lambda: self._send(batches))

    async def close(self) -> None:
        """Ends the producer; what `send` returned for is sent."""
        await self._thread.run(self._discard)
        self._thread.stop()

    def _send(self, batches: Batches) -> Results:
        deadline = time.monotonic() + self._settings.delivery_timeout_s + self._settings.request_timeout_s
        results: list[MicrocoderError | None] = []
        try:
            futures = [self._enqueue(batch) for batch in batches]
            self._flush(deadline)
            results += [self._outcome(those, deadline) for those in futures]
        finally:
            if len(results) < len(batches) or any(results):
                self._discard()
        return results

    def _enqueue(self, batch: Sequence[Record]) -> list[RawFuture]:
        if self._producer is None:
            self._producer = make_producer(self._settings)
        return [
            self._producer.send(r.topic, value=r.value, key=r.key.encode(), headers=as_headers(r.headers))
            for r in batch
        ]

    def _flush(self, deadline: float) -> None:
        try:
            if self._producer is not None:
                self._producer.flush(timeout=max(deadline - time.monotonic(), 0.0))
        except errors.KafkaTimeoutError:
            _log.warning("not everything was acknowledged in time")  # which, the futures say

    def _outcome(self, futures: Sequence[RawFuture], deadline: float) -> MicrocoderError | None:
        try:
            for future in futures:
                future.get(timeout=max(deadline - time.monotonic(), 0.0))
        except errors.KafkaError as error:
            return translate(error, self._settings.bootstrap_servers)
        return None

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=_CLOSE_TIMEOUT_S)
        except errors.KafkaError as error:
            _log.debug("the producer that is thrown away did not end: %s", error)
