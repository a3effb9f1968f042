"""A gRPC server with health, reflection, guarded calls and a graceful end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from microcoder.core.errors import FailedPrecondition
from microcoder.rpc.calls import CallObserver, SilentObserver
from microcoder.rpc.guard import CallGuard
from microcoder.rpc.settings import RpcSettings
from microcoder.rpc.tls import server_credentials
from microcoder.rpc.tokens import Tokens

_HEALTH = "grpc.health.v1.Health"
_MAX_CONNECTION_AGE_MS = 10 * 60 * 1000
"""After it a connection is closed for new calls, so that clients find replicas that came later. Running calls go on."""
_MIN_PING_INTERVAL_MS = 10_000
"""Clients may ping this often; ours do every 30 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One service of a server."""

    full_name: str
    """As in the proto: `microcoder.v1.Judge`."""
    add: Callable[[Any, grpc.aio.Server], None]
    """The generated `add_…Servicer_to_server`."""
    servicer: Any
    """An instance of the generated `…Servicer`'s subclass."""


class RpcServer:
    """Not serving until `set_serving`; used once."""

    def __init__(
        self, settings: RpcSettings, registrations: Sequence[Registration], *, observer: CallObserver | None = None
    ) -> None:
        self._settings = settings
        self._names = [registration.full_name for registration in registrations]
        self._registrations = registrations
        self._observer = observer or SilentObserver()
        self._health = HealthServicer()
        self._draining = asyncio.Event()
        self._server: grpc.aio.Server | None = None
        self.port = 0
        """Where it listens, after `start`."""

    async def start(self) -> int:
        """Listens; health says NOT_SERVING.

        Returns:
            The port.

        Raises:
            FailedPrecondition: The address is taken or not ours, or a TLS or token file cannot be read.
        """
        self._server = server = self._make()
        for registration in self._registrations:
            registration.add(registration.servicer, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        await self._set_all(health_pb2.HealthCheckResponse.NOT_SERVING)
        if self._settings.reflection:
            reflection.enable_server_reflection([*self._names, _HEALTH, reflection.SERVICE_NAME], server)
        self.port = self._bind(server)
        await server.start()
        return self.port

    async def set_serving(self, *, serving: bool = True) -> None:
        """Health says SERVING or NOT_SERVING, for every service and for the whole. Draining is stronger."""
        status = health_pb2.HealthCheckResponse
        await self._set_all(status.SERVING if serving else status.NOT_SERVING)

    async def check(self) -> None:
        """Connects to itself.

        Raises:
            OSError: It takes no connections.
        """
        wildcard = self._settings.host in ("0.0.0.0", "::", "[::]", "")  # noqa: S104  compared, not bound
        _, writer = await asyncio.open_connection("localhost" if wildcard else self._settings.host, self.port)
        writer.close()

    async def drain(self, grace_s: float) -> None:
        """Says NOT_SERVING, takes no new calls, gives running ones `grace_s` seconds, then cancels what is left.

        Streams of `watch` end at once with Unavailable: their clients ask again, elsewhere or later.
        """
        self._draining.set()
        await self._health.enter_graceful_shutdown()
        if self._server is not None:
            await self._server.stop(grace_s)

    def _make(self) -> grpc.aio.Server:
        size = self._settings.max_message_bytes
        tokens = Tokens(self._settings.token, self._settings.token_file)
        guard = CallGuard(observer=self._observer, draining=self._draining, tokens=tokens)
        return grpc.aio.server(
            interceptors=[guard],
            maximum_concurrent_rpcs=self._settings.max_concurrent,
            options=[
                ("grpc.max_receive_message_length", size),
                ("grpc.max_send_message_length", size),
                ("grpc.so_reuseport", 0),  # otherwise a second process takes the same port without a word
                ("grpc.max_connection_age_ms", _MAX_CONNECTION_AGE_MS),
                ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
                ("grpc.keepalive_permit_without_calls", 1),
            ],
        )

    def _bind(self, server: grpc.aio.Server) -> int:
        address = f"{self._settings.host}:{self._settings.port or 0}"
        credentials = server_credentials(self._settings.tls)
        try:
            if credentials is None:
                return server.add_insecure_port(address)
            return server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise FailedPrecondition(
                f"Cannot listen on {address}: the port is taken or the address is not of this machine;"
                " choose another by MICROCODER_RPC__PORT and MICROCODER_RPC__HOST",
                reason="ADDRESS_IN_USE",
            ) from error

    async def _set_all(self, status: int) -> None:
        for name in ("", *self._names):
            await self._health.set(name, status)
