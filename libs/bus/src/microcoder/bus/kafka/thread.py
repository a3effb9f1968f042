"""One thread per client, so that none of kafka-python's blocking calls is ever made on an event loop."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from kafka import errors

from microcoder.core.errors import (
    FailedPrecondition,
    InvalidArgument,
    MicrocoderError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

T = TypeVar("T")

_REFUSALS = (
    errors.AuthorizationError,
    errors.SaslAuthenticationFailedError,
    errors.IllegalSaslStateError,
    errors.UnsupportedSaslMechanismError,
)


class ClientThread:
    """Runs blocking calls one by one in a thread of its own.

    Args:
        servers: The bootstrap servers, for error messages.
        name: Of the thread.
    """

    def __init__(self, servers: str, name: str) -> None:
        self._servers = servers
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Starts `call`; its errors are said in the domain's words."""

        def translated() -> T:
            with kafka_errors(self._servers):
                return call()

        try:
            return self._executor.submit(translated)
        except RuntimeError as error:
            raise Unavailable("the connection to Kafka is closed") from error

    async def run(self, call: Callable[[], T]) -> T:
        """The result of `call`. It runs to its end even if the caller is cancelled."""
        return await asyncio.wrap_future(self.submit(call))

    def stop(self) -> None:
        """Takes no more calls; what runs ends by its own timeout."""
        self._executor.shutdown(wait=False)


@contextmanager
def kafka_errors(servers: str) -> Iterator[None]:
    """Says kafka-python's errors in the domain's words."""
    try:
        yield
    except errors.KafkaError as error:
        raise translate(error, servers) from error


def translate(error: BaseException, servers: str) -> MicrocoderError:
    """What `error` of kafka-python means to us."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, _REFUSALS):
        return PermissionDenied(f"Kafka at {servers} refuses this user: {said}")
    if isinstance(error, (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)):
        return InvalidArgument(f"Kafka takes no record of this size; raise the topic's max.message.bytes: {said}")
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return NotFound(f"a topic does not exist on Kafka at {servers}; create it with ensure_topics: {said}")
    if isinstance(error, (errors.KafkaConfigurationError, errors.UnsupportedVersionError)):
        return FailedPrecondition(f"Kafka at {servers} cannot be used with these settings: {said}")
    if "bootstrap" in str(error):
        return Unavailable(
            f"Kafka at {servers} does not answer, or refuses the user, the password or the certificate "
            f"(kafka-python tells these apart only in its log, at WARNING of the logger `kafka`): {said}"
        )
    return Unavailable(f"Kafka at {servers} does not answer as it should: {said}")
