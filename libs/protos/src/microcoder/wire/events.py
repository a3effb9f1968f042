"""Events: which topic, which key, how one is made."""

import uuid
from datetime import datetime
from enum import StrEnum

from google.protobuf.message import Message

from microcoder.v1 import events_pb2 as pb

SCHEMA_VERSION = 1
"""Version of the payloads' meaning that this code writes and the newest that it reads."""


class Topic(StrEnum):
    """Every topic. Each has a `<topic>.retry` and a `<topic>.dlq` beside it."""

    PROBLEM_COLLECTED = "microcoder.problem.collected.v1"
    PROBLEM_NORMALIZED = "microcoder.problem.normalized.v1"
    PROBLEM_VERIFIED = "microcoder.problem.verified.v1"
    PROBLEM_SCORED = "microcoder.problem.scored.v1"
    PROBLEM_REJECTED = "microcoder.problem.rejected.v1"
    DATASET_RELEASED = "microcoder.dataset.released.v1"
    RUN_TRAINING = "microcoder.run.training.v1"
    RUN_EVALUATION = "microcoder.run.evaluation.v1"

    @property
    def retry(self) -> str:
        """Where a message waits for its next attempt."""
        return f"{self.value}.retry"

    @property
    def dlq(self) -> str:
        """Where a message goes that nobody can handle."""
        return f"{self.value}.dlq"


_ROUTES: dict[str, tuple[Topic, str]] = {
    "problem_collected": (Topic.PROBLEM_COLLECTED, "problem_id"),
    "problem_normalized": (Topic.PROBLEM_NORMALIZED, "problem_id"),
    "problem_verified": (Topic.PROBLEM_VERIFIED, "problem_id"),
    "problem_scored": (Topic.PROBLEM_SCORED, "problem_id"),
    "problem_rejected": (Topic.PROBLEM_REJECTED, "problem_id"),
    "dataset_released": (Topic.DATASET_RELEASED, "release_id"),
    "training_run_changed": (Topic.RUN_TRAINING, "run_id"),
    "evaluation_run_changed": (Topic.RUN_EVALUATION, "run_id"),
}


def new_event(payload: Message, *, producer: str, occurred_time: datetime) -> pb.Event:
    """An event around `payload`, which is one of the messages in the oneof of `Event`.

    Raises:
        KeyError: `payload` is none of them.
    """
    event = pb.Event(event_id=uuid.uuid4().hex, producer=producer, schema_version=SCHEMA_VERSION)
    event.occurred_time.FromDatetime(occurred_time)
    getattr(event, _FIELD_OF[payload.DESCRIPTOR.full_name]).CopyFrom(payload)
    return event


def topic_of(event: pb.Event) -> Topic:
    """The topic that `event` belongs on."""
    return _route(event)[0]


def key_of(event: pb.Event) -> str:
    """The partition key of `event`: the id of the thing it is about."""
    kind = event.WhichOneof("payload")
    return str(getattr(getattr(event, kind), _route(event)[1])) if kind else ""


def _route(event: pb.Event) -> tuple[Topic, str]:
    return _ROUTES[event.WhichOneof("payload") or ""]


_FIELD_OF: dict[str, str] = {
    field.message_type.full_name: field.name
    for field in pb.Event.DESCRIPTOR.oneofs_by_name["payload"].fields
    if field.message_type is not None
}
