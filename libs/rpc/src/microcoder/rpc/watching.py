"""Streams of a record's states."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from microcoder.core.errors import Unavailable
from microcoder.rpc.calls import current_draining

T = TypeVar("T")

_SLOWER = 1.5
"""How much longer each wait without a change gets."""


async def watch(
    read: Callable[[], Awaitable[T]],
    *,
    ended: Callable[[T], bool],
    min_interval_s: float = 0.1,
    max_interval_s: float = 1.0,
) -> AsyncIterator[T]:
    """What `read` gives: now, then on each change, until one has `ended`.

    Reads again after `min_interval_s` where something changed, and ever more slowly up to `max_interval_s` where
    nothing does; changes that come faster than that are seen as one. Errors of `read` end the stream. In a servicer
    it ends with the call.

    Raises:
        Unavailable: The server is ending; ask again.
    """
    draining = current_draining.get() or asyncio.Event()
    seen = await read()
    yield seen
    interval = min_interval_s
    while not ended(seen):
        await _pause(interval, draining)
        current = await read()
        if current == seen:
            interval = min(interval * _SLOWER, max_interval_s)
            continue
        seen, interval = current, min_interval_s
        yield seen


async def _pause(seconds: float, draining: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(draining.wait(), seconds)
    except TimeoutError:
        return
    raise Unavailable("The service is stopping; watch again", reason="DRAINING")
