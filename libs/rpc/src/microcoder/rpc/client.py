"""What surrounds every call of ours: a deadline is demanded, ids and token travel, errors come back as the domain's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import grpc

from microcoder.core.errors import InvalidArgument
from microcoder.rpc.calls import REQUEST_ID_HEADER, current_request_id
from microcoder.rpc.errors import from_rpc_error

Details = grpc.aio.ClientCallDetails
Continuation = Callable[[Details, Any], Awaitable[Any]]


def client_interceptors(target: str, *, token: str = "") -> Sequence[grpc.aio.ClientInterceptor]:
    """For a channel to `target`; gRPC wants one interceptor for each shape of a call."""
    return [kind(target, token) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]


class _Base:
    def __init__(self, target: str, token: str) -> None:
        self._target = target
        self._token = token

    def _prepared(self, details: Details) -> Details:
        if details.timeout is None:
            raise InvalidArgument(
                f"{_text(details.method)} is called without a timeout; pass timeout=<seconds>",
                reason="DEADLINE_REQUIRED",
            )
        metadata = list(details.metadata or ())
        if current_request_id.get() and not any(key == REQUEST_ID_HEADER for key, _ in metadata):
            metadata.append((REQUEST_ID_HEADER, current_request_id.get()))
        if self._token:
            metadata.append(("authorization", f"Bearer {self._token}"))
        return Details(
            details.method, details.timeout, grpc.aio.Metadata(*metadata), details.credentials, details.wait_for_ready
        )

    async def _one(self, continuation: Continuation, details: Details, request: Any) -> Any:
        call = await continuation(self._prepared(details), request)
        try:
            await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, target=self._target) from error
        return call

    async def _many(self, continuation: Continuation, details: Details, request: Any) -> AsyncIterator[Any]:
        return self._mapped(await continuation(self._prepared(details), request))

    async def _mapped(self, call: Any) -> AsyncIterator[Any]:
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, target=self._target) from error


class _UnaryUnary(_Base, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Details, request: Any) -> Any:
        return await self._one(continuation, client_call_details, request)


class _UnaryStream(_Base, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Details, request: Any) -> Any:
        return await self._many(continuation, client_call_details, request)


class _StreamUnary(_Base, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: Details, request_iterator: Any
    ) -> Any:
        return await self._one(continuation, client_call_details, request_iterator)


class _StreamStream(_Base, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Any, client_call_details: Details, request_iterator: Any
    ) -> Any:
        return await self._many(continuation, client_call_details, request_iterator)


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method
