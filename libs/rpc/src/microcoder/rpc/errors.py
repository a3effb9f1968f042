"""Domain errors to gRPC statuses with `google.rpc` details, and back. The one table of both."""

from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from microcoder.core import errors

M = TypeVar("M", bound=Message)

DOMAIN = "microcoder"
"""Who defines the reasons in `google.rpc.ErrorInfo`."""
INTERNAL = "INTERNAL"
"""Reason of an error that nobody raised on purpose."""
UNAUTHENTICATED = "UNAUTHENTICATED"
"""Reason of a call without a valid token."""

_CODES: Mapping[type[errors.MicrocoderError], grpc.StatusCode] = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.DataLoss: grpc.StatusCode.DATA_LOSS,
    errors.MicrocoderError: grpc.StatusCode.INTERNAL,
}
_CLASSES: Mapping[grpc.StatusCode, type[errors.MicrocoderError]] = {code: cls for cls, code in _CODES.items()} | {
    grpc.StatusCode.UNAUTHENTICATED: errors.PermissionDenied,
    grpc.StatusCode.OUT_OF_RANGE: errors.InvalidArgument,
    grpc.StatusCode.UNIMPLEMENTED: errors.FailedPrecondition,
    grpc.StatusCode.ABORTED: errors.Unavailable,
    grpc.StatusCode.CANCELLED: errors.Unavailable,
    grpc.StatusCode.UNKNOWN: errors.MicrocoderError,
}

# gRPC peers drop a call whose metadata exceed 8 KiB; the message travels twice, once percent-encoded (threefold).
_MAX_MESSAGE_BYTES = 1000
_MAX_DETAIL_BYTES = 200
_MAX_DETAILS = 8


def code_of(error: errors.MicrocoderError) -> grpc.StatusCode:
    """The status code that `error` travels under."""
    if error.reason == UNAUTHENTICATED:
        return grpc.StatusCode.UNAUTHENTICATED
    return next(_CODES[cls] for cls in type(error).__mro__ if cls in _CODES)


def to_status(error: errors.MicrocoderError) -> status_pb2.Status:
    """`error` with its details; long texts are cut so that the status always arrives."""
    status = status_pb2.Status(code=code_of(error).value[0], message=_cut(error.message, _MAX_MESSAGE_BYTES))
    for detail in _details(error):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def from_rpc_error(error: grpc.aio.AioRpcError, *, target: str) -> errors.MicrocoderError:
    """The domain error that the server raised, or one that says in words why `target` gave no answer."""
    cls = _CLASSES.get(error.code(), errors.MicrocoderError)
    status = rpc_status.from_call(cast("grpc.Call", error))  # it has what is needed: code, details, trailing metadata
    info = _find(status, error_details_pb2.ErrorInfo())
    if info is None or info.domain != DOMAIN:
        return _from_transport(error, cls, target)
    if cls is errors.InvalidArgument:
        bad = _find(status, error_details_pb2.BadRequest()) or error_details_pb2.BadRequest()
        fields = {violation.field: violation.description for violation in bad.field_violations}
        return errors.InvalidArgument(error.details() or "", fields=fields, reason=info.reason)
    if cls is errors.ResourceExhausted:
        retry = _find(status, error_details_pb2.RetryInfo())
        after = retry.retry_delay.ToTimedelta().total_seconds() if retry else 1.0
        return errors.ResourceExhausted(error.details() or "", retry_after_s=after, reason=info.reason)
    return cls(error.details() or "", reason=info.reason, metadata=dict(info.metadata))


def _from_transport(
    error: grpc.aio.AioRpcError, cls: type[errors.MicrocoderError], target: str
) -> errors.MicrocoderError:
    """Of a status that our interceptor did not make: the connection, gRPC itself, another implementation."""
    text = error.details() or error.code().name
    message = f"{target}: {text}"
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return errors.Unavailable(f"{target} does not answer ({text}); is the service running there?")
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in text:
        return errors.InvalidArgument(message, reason="MESSAGE_TOO_LARGE")
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return errors.FailedPrecondition(message, reason="UNIMPLEMENTED")
    if cls is errors.MicrocoderError:
        return errors.MicrocoderError(message, reason=INTERNAL)
    return cls(message)


def _details(error: errors.MicrocoderError) -> Iterator[Message]:
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    if isinstance(error, errors.InvalidArgument):
        yield info
        if error.fields:
            yield error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=name, description=text)
                    for name, text in _small(error.fields)
                ]
            )
        return
    info.metadata.update(_small(error.metadata))
    yield info
    if isinstance(error, errors.ResourceExhausted):
        delay = Duration()
        delay.FromNanoseconds(int(error.retry_after_s * 1e9))
        yield error_details_pb2.RetryInfo(retry_delay=delay)


def _small(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    chosen = list(texts.items())[:_MAX_DETAILS]
    return [(_cut(name, _MAX_DETAIL_BYTES), _cut(text, _MAX_DETAIL_BYTES)) for name, text in chosen]


def _cut(text: str, max_bytes: int) -> str:
    data = text.encode("utf-8", "replace")
    return text if len(data) <= max_bytes else data[: max_bytes - 3].decode("utf-8", "ignore") + "…"


def _find(status: status_pb2.Status | None, kind: M) -> M | None:
    for detail in status.details if status is not None else ():
        if detail.Unpack(kind):
            return kind
    return None
