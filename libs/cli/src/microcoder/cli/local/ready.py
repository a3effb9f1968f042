"""Whether a service serves, by the standard health protocol."""

import asyncio

from grpc_health.v1 import health_pb2, health_pb2_grpc

from microcoder.core.errors import MicrocoderError
from microcoder.rpc import ChannelSettings, open_channel

_CALL_S = 2.0
_PAUSE_S = 0.2


async def is_serving(target: str, settings: ChannelSettings, *, timeout_s: float = _CALL_S) -> bool:
    """One question; False where nobody answers, or not as `settings` ask for.

    Args:
        target: `host:port`.
        settings: TLS and token, as for every call to that service.
        timeout_s: Longest wait for the answer, seconds.

    Raises:
        FailedPrecondition: A TLS or token file cannot be read.
    """
    async with open_channel(target, settings) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # the stubs lack it
                health_pb2.HealthCheckRequest(), timeout=timeout_s
            )
        except MicrocoderError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def wait_serving(target: str, settings: ChannelSettings, *, timeout_s: float) -> bool:
    """Asks until it serves; False where it does not within `timeout_s` seconds.

    Raises:
        FailedPrecondition: A TLS or token file cannot be read.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while loop.time() < end:
        if await is_serving(target, settings):
            return True
        await asyncio.sleep(_PAUSE_S)
    return False
