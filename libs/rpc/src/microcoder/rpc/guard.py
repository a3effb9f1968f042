"""What surrounds every handler of ours, from outside in: request id, observation, errors, token, deadline."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from microcoder.core.errors import InvalidArgument, MicrocoderError, PermissionDenied
from microcoder.rpc.calls import REQUEST_ID_HEADER, CallInfo, CallObserver, current_draining, current_request_id
from microcoder.rpc.errors import INTERNAL, UNAUTHENTICATED, code_of, to_status
from microcoder.rpc.tokens import Tokens

_LOG = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_EXEMPT = ("/grpc.health.", "/grpc.reflection.")
"""Standard services: probes and plain clients speak to them without a deadline or a token."""

# gRPC's classes are generic in their stubs only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"


class CallGuard(grpc.aio.ServerInterceptor):
    """Surrounds every handler but those of the standard services."""

    def __init__(self, *, observer: CallObserver, draining: asyncio.Event, tokens: Tokens) -> None:
        self._observer = observer
        self._draining = draining
        self._tokens = tokens

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or method.startswith(_EXEMPT):
            return handler
        return _surround(handler, lambda context: self._around(method, context))

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        call = CallInfo(method=method, request_id=_request_id(metadata.get(REQUEST_ID_HEADER, "")))
        current_request_id.set(call.request_id)
        current_draining.set(self._draining)
        context.set_trailing_metadata(((REQUEST_ID_HEADER, call.request_id),))
        self._observer.started(call)
        started, code = time.perf_counter(), grpc.StatusCode.OK
        try:
            self._admit(metadata, context)
            yield
        except (asyncio.CancelledError, GeneratorExit):
            code = grpc.StatusCode.CANCELLED
            raise
        except grpc.aio.AbortError:
            code = context.code()
            raise
        except Exception as error:  # noqa: BLE001  the boundary: every error becomes a status here
            known = _as_known(error, call)
            code = code_of(known)
            await _abort(context, known, call)
        finally:
            self._observer.finished(call, code, time.perf_counter() - started)

    def _admit(self, metadata: dict[str, str], context: Context) -> None:
        if not self._tokens.accepts(metadata.get("authorization", "")):
            raise PermissionDenied(
                "The call shows no valid token; send it as `authorization: Bearer <token>`", reason=UNAUTHENTICATED
            )
        if context.time_remaining() is None:
            raise InvalidArgument("The call has no deadline; set one, long for a watch", reason="DEADLINE_REQUIRED")


def _request_id(given: str) -> str:
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _as_known(error: Exception, call: CallInfo) -> MicrocoderError:
    """`error`, or what may be told of it where nobody raised it on purpose."""
    if isinstance(error, MicrocoderError):
        _LOG.info("%s refused: %s", call.method, error.message, extra={"reason": error.reason})
        return error
    _LOG.error("%s failed", call.method, exc_info=error)
    message = f"Internal error; the log of the service tells more under request_id {call.request_id}"
    return MicrocoderError(message, reason=INTERNAL, metadata={"request_id": call.request_id})


async def _abort(context: Context, error: MicrocoderError, call: CallInfo) -> None:
    status = rpc_status.to_status(to_status(error))
    trailing = (*status.trailing_metadata, (REQUEST_ID_HEADER, call.request_id))
    await context.abort(status.code, status.details, trailing)


def _surround(handler: Handler, around: Callable[[Context], AbstractAsyncContextManager[None]]) -> Handler:
    """A handler of the same shape that runs inside `around`, the reading of its requests included."""
    name = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
    behaviour: Any = getattr(handler, name)
    read: Any = handler.request_deserializer

    def asked(given: Any) -> Any:
        return _parsed_each(given, read) if handler.request_streaming else _parsed(given, read)

    async def one(given: Any, context: Context) -> Any:
        async with around(context):
            return await behaviour(asked(given), context)

    async def many(given: Any, context: Context) -> AsyncIterator[Any]:
        async with around(context):
            async for response in behaviour(asked(given), context):
                yield response

    make: Any = getattr(grpc, f"{name}_rpc_method_handler")
    # gRPC itself would answer UNKNOWN to what it cannot read, before anything here hears of the call.
    wrapped: Handler = make(
        many if handler.response_streaming else one, response_serializer=handler.response_serializer
    )
    return wrapped


def _parsed(data: bytes, read: Callable[[bytes], Any]) -> Any:
    try:
        return read(data)
    except DecodeError as error:
        raise InvalidArgument(
            f"A request of {len(data)} bytes is no message of this method: {error}", reason="MALFORMED_MESSAGE"
        ) from error


async def _parsed_each(messages: AsyncIterator[bytes], read: Callable[[bytes], Any]) -> AsyncIterator[Any]:
    async for data in messages:
        yield _parsed(data, read)
