"""Pauses between tries to reach a bus that does not answer."""

import asyncio
import random

_FIRST_S = 0.1


class Backoff:
    """Pauses that double from 0.1 s up to a limit, with jitter."""

    def __init__(self, max_s: float) -> None:
        self._max_s = max_s
        self._next_s = _FIRST_S

    async def pause(self) -> None:
        """Waits, each time longer."""
        pause_s = min(self._next_s, self._max_s)
        self._next_s = pause_s * 2
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    def reset(self) -> None:
        """It answered."""
        self._next_s = _FIRST_S
