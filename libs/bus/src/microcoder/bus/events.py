"""Events as records, and records as events."""

from google.protobuf.message import DecodeError

from microcoder.bus import headers
from microcoder.bus.errors import Poison
from microcoder.bus.port import Record
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import SCHEMA_VERSION, key_of, topic_of

CONTENT_TYPE = "application/x-protobuf; messageType=microcoder.v1.Event"


def encode_event(event: pb.Event) -> Record:
    """`event` as a record of its topic, keyed by what it is about.

    Raises:
        KeyError: The event has no payload.
    """
    return Record(
        topic=topic_of(event),
        key=key_of(event),
        value=event.SerializeToString(),
        headers={headers.EVENT_ID: event.event_id, headers.CONTENT_TYPE: CONTENT_TYPE},
    )


def decode_event(value: bytes) -> pb.Event:
    """The event in `value`. Fields that this version does not know are kept and ignored.

    Raises:
        Poison: No event, one without a payload that this version knows, or one of a later schema version.
    """
    try:
        event = pb.Event.FromString(value)
    except DecodeError as error:
        raise Poison(f"{len(value)} bytes that are no microcoder.v1.Event") from error
    if event.schema_version > SCHEMA_VERSION:
        raise Poison(
            f"schema version {event.schema_version} is newer than {SCHEMA_VERSION}, the newest that this service "
            "knows; update the service and replay"
        )
    if event.WhichOneof("payload") is None:
        raise Poison(
            "an event without a payload that this service knows; if a newer service sent it, update and replay"
        )
    if event.schema_version < 1:
        raise Poison("an event without a schema version")
    return event
