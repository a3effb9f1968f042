"""A channel whose calls must have a deadline, carry ids and token, and fail with the errors of the domain.

It wraps gRPC's channel and does not use gRPC's client interceptors: with those (grpcio 1.85) a stream that its caller
breaks off keeps running until its deadline, here and at the server.
"""

from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import grpc

from microcoder.core.errors import InvalidArgument
from microcoder.rpc.calls import REQUEST_ID_HEADER, current_request_id
from microcoder.rpc.connection import Connection
from microcoder.rpc.errors import from_rpc_error
from microcoder.rpc.tokens import Tokens


class DomainChannel(grpc.aio.Channel):
    """See `microcoder.rpc.open_channel`."""

    def __init__(self, connection: Connection, *, target: str, tokens: Tokens) -> None:
        self._connection = connection
        self._target = target
        self._tokens = tokens

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._method(_Answer, "unary_unary", method, args, kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._method(_Answers, "unary_stream", method, args, kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._method(_Answer, "stream_unary", method, args, kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._method(_Answers, "stream_stream", method, args, kwargs)

    async def __aenter__(self) -> "DomainChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._connection.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._connection.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._connection.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._connection.current().channel_ready()

    def _method(
        self, answer: type["_Answer"] | type["_Answers"], shape: str, name: str, args: Any, kwargs: Any
    ) -> "_Method":
        def make(channel: grpc.aio.Channel) -> Any:
            return getattr(channel, shape)(name, *args, **kwargs)

        return _Method(name, make, connection=self._connection, target=self._target, tokens=self._tokens, answer=answer)


class _Answer:
    """A call with one response: await it. Everything else is the call's own."""

    def __init__(self, call: Any, target: str) -> None:
        self._call = call
        self._target = target

    def __await__(self) -> Generator[Any, None, Any]:
        return self._response().__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    async def _response(self) -> Any:
        try:
            return await self._call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, target=self._target) from error


class _Answers:
    """A call with a stream of responses: iterate it. It is cancelled when nobody holds it any more."""

    def __init__(self, call: Any, target: str) -> None:
        self._call = call
        self._target = target
        self._responses: AsyncIterator[Any] | None = None

    def __aiter__(self) -> "_Answers":
        return self

    async def __anext__(self) -> Any:
        if self._responses is None:
            self._responses = aiter(self._call)
        try:
            return await anext(self._responses)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, target=self._target) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    async def aclose(self) -> None:
        """Ends the call, as `contextlib.aclosing` wants it."""
        self._call.cancel()

    def __del__(self) -> None:
        if not self._call.done():
            self._call.cancel()


class _Method:
    """One method of a service, ready to be called."""

    def __init__(
        self,
        name: str,
        make: Callable[[grpc.aio.Channel], Any],
        *,
        connection: Connection,
        target: str,
        tokens: Tokens,
        answer: type[_Answer] | type[_Answers],
    ) -> None:
        self._name = name
        self._make = make
        self._connection = connection
        self._target = target
        self._tokens = tokens
        self._answer = answer
        self._channel = connection.current()
        self._inner = make(self._channel)

    def __call__(self, *args: Any, timeout: float | None = None, metadata: Any = None, **kwargs: Any) -> Any:
        if timeout is None:
            raise InvalidArgument(
                f"{self._name} is called without a timeout; pass timeout=<seconds>", reason="DEADLINE_REQUIRED"
            )
        if (channel := self._connection.current()) is not self._channel:
            self._channel, self._inner = channel, self._make(channel)
        call = self._inner(*args, timeout=timeout, metadata=self._metadata(metadata), **kwargs)
        return self._answer(call, self._target)

    def _metadata(self, given: Any) -> grpc.aio.Metadata:
        metadata = grpc.aio.Metadata(*(given or ()))
        if current_request_id.get() and metadata.get(REQUEST_ID_HEADER) is None:
            metadata.add(REQUEST_ID_HEADER, current_request_id.get())
        if shown := self._tokens.shown:
            metadata.add("authorization", shown)
        return metadata
