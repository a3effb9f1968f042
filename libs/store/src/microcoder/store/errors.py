"""What the driver raises, in the words of the core."""

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from microcoder.core.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    MicrocoderError,
    PermissionDenied,
    Unavailable,
)

_SHOWN = 300

# Codes of the MongoDB server (src/mongo/base/error_codes.yml).
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_CURSOR_NOT_FOUND = 43
_OPTIONS_CONFLICT = frozenset({85, 86})
_TOO_LARGE = frozenset({10334, 17419, 17420})


def brief(error: Exception) -> str:
    """The error's text on one line, cut, without the driver's dump of the topology."""
    text = " ".join(str(error).split()).partition(", Topology Description")[0]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def translate(error: Exception, what: str) -> MicrocoderError | None:
    """The core's error for one of the driver's; None for a bug, which should surface as it is.

    Args:
        error: What the driver raised.
        what: What was being done, for the message: `writing problems/kattis.hello`.
    """
    if _is_outage(error):
        return Unavailable(f"{what}: MongoDB does not answer ({brief(error)}). Is it running at MICROCODER_STORE__URI?")
    if isinstance(error, DuplicateKeyError):
        return AlreadyExists(f"{what}: something with the same {_key_of(error)} is there already.")
    if isinstance(error, DocumentTooLarge) or _code(error) in _TOO_LARGE:
        return InvalidArgument(
            f"{what}: larger than the 16 MiB of a document. Put its large part into the blob store.",
            reason="RECORD_TOO_LARGE",
        )
    if isinstance(error, (BSONError, OverflowError, UnicodeEncodeError)):
        return InvalidArgument(f"{what}: a value cannot be stored: {brief(error)}.", reason="UNSTORABLE_VALUE")
    return _refusal(error, what)


def _refusal(error: Exception, what: str) -> MicrocoderError | None:
    if _code(error) in (_UNAUTHORIZED, _AUTHENTICATION_FAILED):
        return PermissionDenied(
            f"{what}: MongoDB refuses this user. Check user, password and authSource in MICROCODER_STORE__URI."
        )
    if _code(error) in _OPTIONS_CONFLICT:
        return FailedPrecondition(f"{what}: an index of this name exists with other options: {brief(error)}.")
    return None


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises the core's errors in place of the driver's, see `translate`."""
    try:
        yield
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError) as error:
        ours = translate(error, what)
        if ours is None:
            raise
        raise ours from error


def is_duplicate_id(error: DuplicateKeyError) -> bool:
    """Whether it is the `_id` that was taken, not another unique field."""
    return _key_of(error) == "_id"


def _key_of(error: DuplicateKeyError) -> str:
    details = error.details or {}
    return ", ".join(details.get("keyPattern", {})) or "key"


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, OperationFailure) else None


def _is_outage(error: Exception) -> bool:
    """Lost connections, no primary, time-outs, and writes whose majority did not confirm."""
    if isinstance(error, (ConnectionFailure, WriteConcernError)) or _code(error) == _CURSOR_NOT_FOUND:
        return True
    return isinstance(error, PyMongoError) and error.timeout
