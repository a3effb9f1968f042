"""The parts of the Kafka adapter that need no broker."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka import errors
from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from pydantic import ValidationError

from microcoder.bus import BusSettings, KafkaSettings, Message, Record, TopicPartition, open_bus
from microcoder.bus.kafka import client, producer
from microcoder.bus.kafka.assignor import EvenPerTopicAssignor
from microcoder.bus.kafka.buffer import Buffer
from microcoder.bus.kafka.thread import translate
from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied, Unavailable


def _message(partition: int, offset: int) -> Message:
    return Message(
        topic="t", partition=partition, offset=offset, key="", value=b"", headers={}, timestamp=datetime.now(UTC)
    )


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (errors.KafkaTimeoutError("x"), Unavailable),
        (errors.KafkaConnectionError("x"), Unavailable),
        (errors.CommitFailedError("x"), Unavailable),
        (errors.TopicAuthorizationFailedError("x"), PermissionDenied),
        (errors.SaslAuthenticationFailedError("x"), PermissionDenied),
        (errors.MessageSizeTooLargeError("x"), InvalidArgument),
        (errors.UnknownTopicOrPartitionError("x"), NotFound),
    ],
)
def test_each_error_of_kafka_has_a_meaning(error: Exception, meant: type[Exception]) -> None:
    assert isinstance(translate(error, "host:1"), meant)


async def test_an_address_where_nobody_answers_is_named() -> None:
    settings = BusSettings(kafka=KafkaSettings(bootstrap_servers="127.0.0.1:9", connect_timeout_s=0.5))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 does not answer"):
        await asyncio.wait_for(open_bus(settings), 20)


def test_sasl_without_a_password_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="sasl_password"):
        KafkaSettings(security_protocol="SASL_SSL", sasl_username="me")


def test_a_password_is_never_shown() -> None:
    settings = KafkaSettings(security_protocol="SASL_PLAINTEXT", sasl_username="me", sasl_password="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings) + settings.model_dump_json()
    assert client._connection(settings)["sasl_plain_password"] == "hunter2"


def test_the_buffer_is_fair_and_keeps_order() -> None:
    buffer = Buffer()
    buffer.add([_message(p, o) for p in (0, 1) for o in range(4)])
    taken = [(m.partition, m.offset) for _ in range(4) for m in buffer.take(2, without=[])]
    assert taken == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert buffer.take(2, without=[]) == []


def test_the_buffer_gives_nothing_of_paused_partitions_and_forgets_lost_ones() -> None:
    buffer = Buffer()
    buffer.add([_message(0, 0), _message(1, 0), _message(2, 0)])
    paused = [TopicPartition("t", 0)]
    assert [m.partition for m in buffer.take(9, without=paused)] == [1, 2]
    buffer.keep([TopicPartition("t", 1)])
    assert buffer.partitions() == set()


def test_a_partition_that_moves_is_given_up_first() -> None:
    class Cluster:
        def partitions_for_topic(self, topic: str) -> set[int]:
            return {0, 1, 2, 3}

    class Member:
        def __init__(self, name: str, owned: set[int]) -> None:
            self.member_id, self.assignor = name, EvenPerTopicAssignor()
            self.assignor.member_assignment = [TopicPartition("t", number) for number in owned]

        @property
        def metadata(self) -> Any:
            said = self.assignor.metadata({"t"})
            said.generation_id = 3
            return said

    assert issubclass(EvenPerTopicAssignor, AbstractPartitionAssignor)
    old, new = Member("old", {0, 1, 2, 3}), Member("new", set())
    first = _numbers(EvenPerTopicAssignor().assign(Cluster(), [old, new]))
    assert len(first["old"]) == 2
    assert first["new"] == set()
    second = _numbers(EvenPerTopicAssignor().assign(Cluster(), [Member("old", first["old"]), new]))
    assert second == {"old": first["old"], "new": {0, 1, 2, 3} - first["old"]}


def _numbers(assignments: Any) -> dict[str, set[int]]:
    return {
        member: {number for _, numbers in given.assigned_partitions for number in numbers}
        for member, given in assignments.items()
    }


class FakeProducer:
    """As kafka-python's after a delivery timeout: the batch fails, and nothing is ever sent again."""

    made = 0

    def __init__(self) -> None:
        FakeProducer.made += 1
        self.broken = FakeProducer.made == 1

    def send(self, topic: str, **_: object) -> "FakeProducer":
        return self

    def get(self, timeout: float) -> None:
        if self.broken:
            raise errors.KafkaTimeoutError("delivery timeout")

    def flush(self, timeout: float) -> None: ...
    def close(self, timeout: float) -> None:
        raise errors.KafkaTimeoutError("it never ends")


async def test_a_producer_that_failed_once_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer, "make_producer", lambda _: FakeProducer())
    monkeypatch.setattr(FakeProducer, "made", 0)
    sender = producer.Producer(KafkaSettings(bootstrap_servers="nowhere:1"))
    record = Record(topic="t", key="k", value=b"")
    [failed] = await sender.send([[record]])
    assert isinstance(failed, Unavailable)
    assert list(await sender.send([[record], [record]])) == [None, None]
    assert FakeProducer.made == 2
    await sender.close()
