"""Servicers behind a real server, called over a real channel."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import grpc.aio
import pytest_asyncio

from microcoder.rpc import Registration, RpcServer, RpcSettings, open_channel

Serve = Callable[[Sequence[Registration]], Awaitable[grpc.aio.Channel]]
"""Starts a server with the registrations and gives a channel to it; both end with the test."""

_GRACE_S = 0.5


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """See `Serve`. Calls need a timeout and raise the domain's errors, as between the services."""
    servers: list[RpcServer] = []
    channels: list[grpc.aio.Channel] = []

    async def start(registrations: Sequence[Registration]) -> grpc.aio.Channel:
        server = RpcServer(RpcSettings(port=0), registrations)
        servers.append(server)
        channel = open_channel(f"127.0.0.1:{await server.start()}")
        channels.append(channel)
        await server.set_serving()
        return channel

    yield start
    for channel in channels:
        await channel.close()
    for server in servers:
        await server.drain(_GRACE_S)
