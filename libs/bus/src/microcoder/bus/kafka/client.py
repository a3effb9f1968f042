"""kafka-python's three clients: typed as far as they are used here, and made with all the options that matter."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition as RawPartition

from microcoder.bus.kafka.assignor import EvenPerTopicAssignor
from microcoder.bus.limits import MAX_HEADER_BYTES, MAX_RECORD_BYTES
from microcoder.bus.port import TopicPartition
from microcoder.bus.settings import KafkaSettings

MAX_REQUEST_BYTES = 1_048_576
"""Kafka's default for one message; the client refuses a larger one before it can poison the producer."""
assert MAX_RECORD_BYTES + MAX_HEADER_BYTES + 1024 < MAX_REQUEST_BYTES  # noqa: S101 - a relation of constants

_RECONNECT_MAX_MS = 500
"""kafka-python waits up to 30 s by default before it tries a broker again."""
_LINGER_MS = 20
"""Lets records that are sent in one go share a batch; `flush` ends the wait, so it delays nobody."""
_BATCH_BYTES = 131_072
_HEARTBEAT_MS = 1000
"""Also how late a member learns of a rebalance."""


class RawRecord(Protocol):
    """A record as the consumer gives it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class RawConsumer(Protocol):
    """The part of `KafkaConsumer` that is used."""

    def subscribe(self, topics: Sequence[str]) -> None: ...
    def partitions_for_topic(self, topic: str) -> set[int]: ...
    def assign(self, partitions: Sequence[TopicPartition]) -> None: ...
    def assignment(self) -> set[TopicPartition]: ...
    def poll(self, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[RawRecord]]: ...
    def pause(self, *partitions: TopicPartition) -> None: ...
    def paused(self) -> set[TopicPartition]: ...
    def resume(self, *partitions: TopicPartition) -> None: ...
    def commit(self, offsets: Mapping[TopicPartition, Any], timeout_ms: int) -> None: ...
    def position(self, partition: TopicPartition, timeout_ms: int) -> int | None: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    def close(self, autocommit: bool, timeout_ms: int) -> None: ...


class RawFuture(Protocol):
    """What `send` gives."""

    def get(self, timeout: float) -> object: ...


class RawProducer(Protocol):
    """The part of `KafkaProducer` that is used."""

    def send(self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> RawFuture: ...
    def flush(self, timeout: float) -> None: ...
    def close(self, timeout: float) -> None: ...


class RawAdmin(Protocol):
    """The part of `KafkaAdminClient` that is used."""

    def describe_topics(self, topics: Sequence[str]) -> Sequence[Mapping[str, Any]]: ...
    def describe_cluster(self) -> Mapping[str, Any]: ...
    def create_topics(
        self, new_topics: Mapping[str, Mapping[str, Any]], *, raise_errors: bool
    ) -> Mapping[str, Any]: ...
    def wait_for_topics(self, topic_names: Sequence[str], timeout_ms: int) -> None: ...
    def list_group_offsets(self, group_specs: Mapping[str, None]) -> Mapping[str, Mapping[TopicPartition, Any]]: ...
    def list_partition_offsets(self, specs: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Any]: ...
    def close(self) -> None: ...


def make_consumer(settings: KafkaSettings, *, group: str | None = None) -> RawConsumer:
    """A consumer that starts at the oldest record and commits only when told to; it gives bytes, as they are.

    It never decodes: a deserializer that raises makes its `poll` hang.
    """
    options = _connection(settings) | {
        "group_id": group,
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "allow_auto_create_topics": False,
        "max_poll_interval_ms": _ms(settings.max_poll_interval_s),
        "session_timeout_ms": _ms(settings.session_timeout_s),
        "heartbeat_interval_ms": _HEARTBEAT_MS,
        # Members keep the partitions that do not move, and the records of theirs that are being handled.
        "partition_assignment_strategy": (EvenPerTopicAssignor,),
        "metrics_enabled": False,
    }
    return cast("RawConsumer", KafkaConsumer(**options))


def make_producer(settings: KafkaSettings) -> RawProducer:
    """An idempotent producer (acks=all)."""
    options = _connection(settings) | {
        "delivery_timeout_ms": _ms(settings.delivery_timeout_s),
        "max_block_ms": _ms(settings.request_timeout_s),
        "max_request_size": MAX_REQUEST_BYTES,
        "allow_auto_create_topics": False,
        "linger_ms": _LINGER_MS,
        "batch_size": _BATCH_BYTES,
        "metrics_enabled": False,
    }
    return cast("RawProducer", KafkaProducer(**options))


def make_admin(settings: KafkaSettings) -> RawAdmin:
    """A client for topics, offsets and groups."""
    return cast("RawAdmin", KafkaAdminClient(**_connection(settings)))


def _connection(settings: KafkaSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",")],
        "client_id": settings.client_id,
        "bootstrap_timeout_ms": _ms(settings.connect_timeout_s),
        "request_timeout_ms": _ms(settings.request_timeout_s),
        "reconnect_backoff_max_ms": _RECONNECT_MAX_MS,
        "security_protocol": settings.security_protocol,
    }
    if "SASL" in settings.security_protocol:
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    if "SSL" in settings.security_protocol:
        options |= {
            "ssl_cafile": _path(settings.tls_ca_file),
            "ssl_certfile": _path(settings.tls_cert_file),
            "ssl_keyfile": _path(settings.tls_key_file),
            "ssl_password": settings.tls_key_password.get_secret_value() or None,
        }
    return options


def _path(path: object) -> str | None:
    return str(path) if path is not None else None


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def as_raw(partition: TopicPartition) -> TopicPartition:
    """`partition` as kafka-python's own type, which some of its calls insist on; equal to ours."""
    return cast("TopicPartition", RawPartition(*partition))


def as_headers(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Headers as kafka-python takes them."""
    return [(name, value.encode()) for name, value in headers.items()]


def as_text(items: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as we take them; of several with one name the last counts."""
    return {name: text(value) for name, value in items}


def text(data: bytes | None) -> str:
    """Bytes of a foreign sender as text, never failing."""
    return (data or b"").decode("utf-8", "replace")
