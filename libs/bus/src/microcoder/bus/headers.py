"""Names of the headers that travel beside a record's bytes."""

from typing import Final

FOR_GROUP: Final = "microcoder-for-group"
"""Only this group handles the record (a retry, a replay); the others pass over it."""
ATTEMPT: Final = "microcoder-attempt"
"""Deliveries that the record has had before this one."""
POSTPONED: Final = "microcoder-postponed"
"""How often a handler said `RetryLater` to it."""
NOT_BEFORE: Final = "microcoder-not-before"
"""Unix time in milliseconds before which the record is not handled."""
ORIGIN_TOPIC: Final = "microcoder-origin-topic"
"""Topic that the record was first read from."""
ORIGIN_PARTITION: Final = "microcoder-origin-partition"
"""Partition that the record was first read from."""
ORIGIN_OFFSET: Final = "microcoder-origin-offset"
"""Offset that the record was first read at."""
ERROR_CLASS: Final = "microcoder-error-class"
"""Name of the class of the last error."""
ERROR_REASON: Final = "microcoder-error-reason"
"""What the last error said, in one line."""
FAILED_TIME: Final = "microcoder-failed-time"
"""Unix time in milliseconds of the last error."""
SERVICE: Final = "microcoder-service"
"""Name and version of the service that gave up, for example `judge/0.1.0`."""
REPLAY_OF: Final = "microcoder-replay-of"
"""Id of the dead letter that the record repeats."""
SETTLED: Final = "microcoder-settled"
"""In a dead-letter topic: id of the dead letter that this entry is about. Such an entry is no dead letter itself."""
SETTLED_AS: Final = "microcoder-settled-as"
"""Beside `SETTLED`: `replayed` or `dropped`."""
EVENT_ID: Final = "event-id"
"""The event's unique id, readable without decoding the value."""
CONTENT_TYPE: Final = "content-type"
"""What the value is."""

OWN: Final = frozenset(
    {
        FOR_GROUP,
        ATTEMPT,
        POSTPONED,
        NOT_BEFORE,
        ORIGIN_TOPIC,
        ORIGIN_PARTITION,
        ORIGIN_OFFSET,
        ERROR_CLASS,
        ERROR_REASON,
        FAILED_TIME,
        SERVICE,
        REPLAY_OF,
        SETTLED,
        SETTLED_AS,
    }
)
"""The headers that this package writes on a record's way; the others are the sender's and stay."""
