"""Events as bytes, and the records that carry a failure on."""

from datetime import UTC, datetime

import pytest

from microcoder.bus import Message, Poison, Record, decode_event, encode_event, headers
from microcoder.bus.limits import check_record
from microcoder.bus.worker.delivery import Delivery
from microcoder.bus.worker.failures import Later
from microcoder.bus.worker.routing import dead_record, reason_of, retry_record
from microcoder.bus.worker.watermark import Watermark
from microcoder.core.clock import utc_now
from microcoder.core.errors import InvalidArgument
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import Topic, new_event


def _event() -> pb.Event:
    return new_event(pb.ProblemVerified(problem_id="s.p", revision=3), producer="judge/1", occurred_time=utc_now())


def _delivery(topic: str, said: dict[str, str]) -> Delivery:
    message = Message(
        topic=topic, partition=2, offset=7, key="s.p", value=b"\xff", headers=said, timestamp=datetime.now(UTC)
    )
    return Delivery(message, Watermark())


def test_an_event_goes_to_its_topic_under_its_key() -> None:
    event = _event()
    record = encode_event(event)
    assert (record.topic, record.key) == (Topic.PROBLEM_VERIFIED, "s.p")
    assert record.headers["event-id"] == event.event_id
    assert decode_event(record.value) == event


@pytest.mark.parametrize("version", [0, 2])
def test_another_schema_version_is_refused(version: int) -> None:
    event = _event()
    event.schema_version = version
    with pytest.raises(Poison, match="schema version"):
        decode_event(event.SerializeToString())


def test_a_second_failure_keeps_the_first_origin() -> None:
    first = retry_record(_delivery("t", {"trace": "x"}), OSError("1"), Later(5, 1, 0), group="g")
    assert first.topic == "t.retry"
    again = _delivery("t.retry", dict(first.headers))
    assert again.not_before_ms > 0
    assert again.is_for("g")
    assert not again.is_for("h")
    dead = dead_record(again, OSError("2"), attempts=2, group="g", service="judge/1")
    assert (dead.topic, dead.key, dead.value) == ("t.dlq", "s.p", b"\xff")
    origin = [dead.headers[name] for name in (headers.ORIGIN_TOPIC, headers.ORIGIN_PARTITION, headers.ORIGIN_OFFSET)]
    assert origin == ["t", "2", "7"]
    assert (dead.headers["trace"], dead.headers[headers.ERROR_REASON]) == ("x", "2")
    assert headers.NOT_BEFORE not in dead.headers


def test_a_record_full_of_headers_can_still_be_put_aside() -> None:
    greedy = {f"h{i}": "x" * 3000 for i in range(10)}
    check_record(Record(topic="t", key="k", value=b"", headers=greedy))
    check_record(dead_record(_delivery("t", greedy), OSError("é" * 5000), attempts=1, group="g", service=""))


def test_a_reason_is_one_printable_line_of_bounded_length() -> None:
    assert reason_of(OSError("a\nb\x1b[31mc")) == "a b [31mc"
    assert len(reason_of(OSError("x" * 10_000))) == 1000
    assert reason_of(OSError()) == "OSError"


@pytest.mark.parametrize(
    "record",
    [
        Record(topic="t", key="k", value=b"x" * 1_000_001),
        Record(topic="t", key="\ud800", value=b""),
        Record(topic="t", key="k", value=b"", headers={"h": "x" * 40_000}),
    ],
)
def test_what_no_bus_would_take_is_refused_here(record: Record) -> None:
    with pytest.raises(InvalidArgument):
        check_record(record)
