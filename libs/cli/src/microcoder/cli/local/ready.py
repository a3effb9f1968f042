"""Whether a service serves, by the standard health protocol."""

import asyncio

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

_CALL_S = 2.0
_PAUSE_S = 0.2


async def is_serving(target: str, *, timeout_s: float = _CALL_S) -> bool:
    """One question; False where nobody answers."""
    async with grpc.aio.insecure_channel(target) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # the stubs lack it
                health_pb2.HealthCheckRequest(), timeout=timeout_s
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def wait_serving(target: str, *, timeout_s: float) -> bool:
    """Asks until it serves; False where it does not within `timeout_s`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while loop.time() < end:
        if await is_serving(target):
            return True
        await asyncio.sleep(_PAUSE_S)
    return False
