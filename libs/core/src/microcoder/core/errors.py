"""What can go wrong, in the words of the domain.

    MicrocoderError            root; carries a stable `reason` and string metadata
    ├── InvalidArgument        the request itself is wrong; repeating it does not help
    ├── NotFound               the named thing does not exist
    ├── AlreadyExists          something else already has that identity
    ├── FailedPrecondition     right request, wrong state (for example a run that has ended)
    ├── ResourceExhausted      too much at once; try again after `retry_after_s`
    ├── Unavailable            a part that is needed does not answer; try again
    ├── DeadlineExceeded       it took longer than the caller allowed
    ├── PermissionDenied       the caller may not do this
    └── DataLoss               stored bytes do not match their digest

One table in `microcoder.rpc.errors` maps these to gRPC status codes and back; the bus worker maps them to
retry (`retryable`) or dead letter.
"""

from collections.abc import Mapping


class MicrocoderError(Exception):
    """Root of all errors that this project raises on purpose.

    Args:
        message: What happened and what to do about it, in plain words.
        reason: UPPER_SNAKE_CASE identifier that programs may branch on.
        metadata: Small facts for programs and logs (ids, limits); never secrets.
    """

    retryable = False
    """True where the same call may succeed later without anybody changing anything."""

    def __init__(self, message: str, *, reason: str = "", metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or _default_reason(type(self).__name__)
        self.metadata = dict(metadata or {})


class InvalidArgument(MicrocoderError):
    """The request is wrong. `fields` names each bad field and says why."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, reason: str = "") -> None:
        super().__init__(message, reason=reason, metadata=fields)
        self.fields = dict(fields or {})


class NotFound(MicrocoderError):
    """The named thing does not exist."""


class AlreadyExists(MicrocoderError):
    """Something else already has that identity."""


class FailedPrecondition(MicrocoderError):
    """The request is right but the state it needs is not there."""


class ResourceExhausted(MicrocoderError):
    """Too much at once."""

    retryable = True

    def __init__(self, message: str, *, retry_after_s: float = 1.0, reason: str = "") -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class Unavailable(MicrocoderError):
    """A part that is needed does not answer."""

    retryable = True


class DeadlineExceeded(MicrocoderError):
    """It took longer than the caller allowed."""

    retryable = True


class PermissionDenied(MicrocoderError):
    """The caller may not do this."""


class DataLoss(MicrocoderError):
    """Stored bytes do not match their digest."""


def _default_reason(class_name: str) -> str:
    return "".join("_" + c if c.isupper() and i else c for i, c in enumerate(class_name)).upper()
