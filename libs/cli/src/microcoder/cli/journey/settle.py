"""Waiting until the pipeline has done what it can with some problems."""

import asyncio
from collections.abc import Callable, Sequence

from microcoder.cli.connect import SHORT_S, Clients
from microcoder.core.errors import DeadlineExceeded, Unavailable
from microcoder.v1 import judge_service_pb2
from microcoder.v1 import normalizer_service_pb2 as pb

_POLL_S = 0.5
_PULSE_S = 10.0
STALL_S = 300.0
"""No step of any problem and no run of the judge for so long means that something is stuck, seconds."""


async def wait_settled(
    clients: Clients, problem_ids: Sequence[str], on_change: Callable[[pb.GetFunnelResponse], None]
) -> pb.GetFunnelResponse:
    """Waits until no problem is under way any more and gives the funnel.

    Raises:
        DeadlineExceeded: Nothing has moved for `STALL_S` seconds.
    """
    loop = asyncio.get_running_loop()
    last, moved = pb.GetFunnelResponse(), loop.time()
    runs, asked = -1, moved
    while True:
        now = await _funnel(clients, problem_ids) or last
        if now != last:
            last, moved = now, loop.time()
            on_change(now)
            if not now.under_way:
                return now
        if loop.time() - asked > _PULSE_S:
            before, runs, asked = runs, await _runs(clients), loop.time()
            moved = asked if runs != before else moved
        if loop.time() - moved > STALL_S:
            raise DeadlineExceeded(
                f"{last.under_way} problems have not moved for {STALL_S:.0f} s. `microcoder dlq list` shows messages "
                "that could not be handled; the services' logs lie in the state folder."
            )
        await asyncio.sleep(_POLL_S)


async def _funnel(clients: Clients, problem_ids: Sequence[str]) -> pb.GetFunnelResponse | None:
    try:
        return await clients.normalizer.GetFunnel(pb.GetFunnelRequest(problem_ids=problem_ids), timeout=SHORT_S)
    except Unavailable:  # a service that is being restarted is no reason to give up
        return None


async def _runs(clients: Clients) -> int:
    """How many programs the judge has run: one hard problem can keep it busy for long."""
    request = judge_service_pb2.GetCapabilitiesRequest()
    try:
        return (await clients.judge.GetCapabilities(request, timeout=SHORT_S)).runs
    except Unavailable:
        return 0
