from datetime import UTC, datetime

import pytest

from microcoder.v1 import events_pb2 as pb
from microcoder.wire import SCHEMA_VERSION, key_of, new_event, topic_of

PAYLOADS = [field.message_type for field in pb.Event.DESCRIPTOR.oneofs_by_name["payload"].fields]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("descriptor", PAYLOADS, ids=lambda d: d.name)
def test_every_payload_has_a_topic_and_a_key(descriptor: object) -> None:
    message = getattr(pb, descriptor.name)()  # type: ignore[attr-defined]
    id_field = next(iter(message.DESCRIPTOR.fields_by_name))
    setattr(message, id_field, "the-id")
    event = new_event(message, producer="test/0", occurred_time=NOW)
    assert topic_of(event).value.endswith(".v1")
    assert key_of(event) == "the-id"
    assert event.schema_version == SCHEMA_VERSION


def test_events_have_ids_of_their_own() -> None:
    first, second = (new_event(pb.ProblemScored(problem_id="p"), producer="t", occurred_time=NOW) for _ in range(2))
    assert first.event_id != second.event_id
