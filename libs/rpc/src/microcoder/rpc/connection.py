"""The connection under a channel, opened anew when its certificates change."""

import asyncio
from typing import Any

import grpc

from microcoder.rpc.files import Reloaded

_OLD_CALLS_S = 600.0
"""How long calls of the connection before may still take."""


class Connection:
    """One gRPC channel, or a row of them, each of which replaces the one before."""

    def __init__(
        self, target: str, options: list[tuple[str, Any]], credentials: Reloaded[grpc.ChannelCredentials] | None
    ) -> None:
        self._target = target
        self._options = options
        self._credentials = credentials
        self._used = credentials.current() if credentials else None
        self._channel = self._open()
        self._closing: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        credentials = self._credentials.current() if self._credentials else None
        if credentials is not self._used:
            self._used = credentials
            self._leave(self._channel)
            self._channel = self._open()
        return self._channel

    async def close(self, grace_s: float | None) -> None:
        """Closes all of them; running calls have `grace_s` seconds, None for none."""
        for task in self._closing:
            task.cancel()
        await self._channel.close(grace_s)

    def _open(self) -> grpc.aio.Channel:
        if self._used is None:
            return grpc.aio.insecure_channel(self._target, options=self._options)
        return grpc.aio.secure_channel(self._target, self._used, options=self._options)

    def _leave(self, channel: grpc.aio.Channel) -> None:
        task = asyncio.ensure_future(channel.close(_OLD_CALLS_S))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
