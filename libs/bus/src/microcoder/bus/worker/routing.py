"""The records that carry a failed delivery on: its bytes untouched, its story in headers."""

import time
from collections.abc import Mapping

from microcoder.bus import headers
from microcoder.bus.limits import MAX_HEADER_BYTES
from microcoder.bus.port import Message, Record
from microcoder.bus.worker.delivery import DLQ_SUFFIX, RETRY_SUFFIX, Delivery
from microcoder.bus.worker.failures import Later

_MAX_REASON = 1000
"""Characters of an error's text that are kept."""


def retry_record(delivery: Delivery, error: BaseException, later: Later, *, group: str) -> Record:
    """`delivery` for the retry topic, due after `later.delay_s`."""
    own = _story(delivery, error, group) | {
        headers.ATTEMPT: str(later.attempts),
        headers.POSTPONED: str(later.postponements),
        headers.NOT_BEFORE: str(time.time_ns() // 1_000_000 + int(later.delay_s * 1000)),
    }
    return _carry(delivery, own, RETRY_SUFFIX)


def dead_record(delivery: Delivery, error: BaseException, *, attempts: int, group: str, service: str) -> Record:
    """`delivery` for the dead letters, after `attempts` deliveries."""
    own = _story(delivery, error, group) | {headers.ATTEMPT: str(attempts), headers.SERVICE: service}
    return _carry(delivery, own, DLQ_SUFFIX)


def reason_of(error: BaseException) -> str:
    """What `error` says, in one line that is safe to print and not too long."""
    text = "".join(c if c.isprintable() else " " for c in str(error)) or type(error).__name__
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 1] + "…"


def _story(delivery: Delivery, error: BaseException, group: str) -> dict[str, str]:
    message = delivery.message
    origin = {
        headers.ORIGIN_TOPIC: message.topic,
        headers.ORIGIN_PARTITION: str(message.partition),
        headers.ORIGIN_OFFSET: str(message.offset),
    }
    return {
        **{name: message.headers.get(name, value) for name, value in origin.items()},
        headers.FOR_GROUP: group,
        headers.ERROR_CLASS: type(error).__name__,
        headers.ERROR_REASON: reason_of(error),
        headers.FAILED_TIME: str(time.time_ns() // 1_000_000),
    }


def _carry(delivery: Delivery, own: Mapping[str, str], suffix: str) -> Record:
    message = delivery.message
    return Record(
        topic=delivery.topic + suffix,
        key=message.key,
        value=message.value,
        headers={**_senders(message, own), **own},
    )


def _senders(message: Message, own: Mapping[str, str]) -> Mapping[str, str]:
    """The sender's own headers, as many as there is room for: a failing record must never fail to be put aside."""
    room = MAX_HEADER_BYTES - sum(len(name.encode()) + len(value.encode()) for name, value in own.items())
    kept: dict[str, str] = {}
    for name, value in message.headers.items():
        size = len(name.encode()) + len(value.encode())
        if name not in headers.OWN and size <= room:
            kept[name] = value
            room -= size
    return kept
