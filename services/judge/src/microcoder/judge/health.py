"""Whether this judge judges: a+b through every slot, and no run that never ends."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from microcoder.core.errors import Unavailable
from microcoder.judge.domain.engine import Engine, EngineFailed, Outcome, RunLimits, RunSpec
from microcoder.judge.domain.verdicts import classify
from microcoder.judge.slots import SlotPool
from microcoder.telemetry import get_logger

_PROGRAM = b"print(sum(map(int, input().split())))\n"
_LIMITS = RunLimits(cpu_time_ms=5_000, memory_bytes=256 * 2**20, output_bytes=1_000)
_GRACE_S = 30.0
"""A supervisor needs no longer after the wall limit to kill a run and to report it."""

_LOG = get_logger(__name__)


class OverdueRuns:
    """Runs under way, with the time by which their supervisor must have ended them."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._due: dict[int, float] = {}

    @contextmanager
    def watching(self, limits: RunLimits) -> Iterator[None]:
        """Around one run."""
        number = next(self._numbers)
        self._due[number] = self._clock() + limits.wall_ms / 1000 + _GRACE_S
        try:
            yield
        finally:
            del self._due[number]

    @property
    def count(self) -> int:
        """Of those whose time is over: each of them blocks a slot."""
        now = self._clock()
        return sum(due < now for due in self._due.values())


class SlotHealth:
    """Judges a+b through every slot, at the start and then every `interval_s` seconds.

    Args:
        engine: Runs programs.
        pool: Its slots.
        runs: Runs that should have ended long ago.
        command: Starts the Python program `main.py`.
        interval_s: Seconds between rounds.
    """

    def __init__(
        self, engine: Engine, pool: SlotPool, runs: OverdueRuns, *, command: tuple[str, ...], interval_s: float = 30.0
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._runs = runs
        self._interval_s = interval_s
        self._trouble = "no slot was tried yet"
        self._spec = RunSpec(argv=command, files={"main.py": _PROGRAM}, stdin=b"20 22\n", limits=_LIMITS)

    async def run(self) -> None:
        """Rounds until cancelled."""
        while True:
            await self.probe()
            await asyncio.sleep(self._interval_s)

    async def probe(self) -> None:
        """One round. All slots at a time: where none is busy, each gets its turn."""
        found = await asyncio.gather(*(self._try_slot() for _ in range(self._pool.slots)))
        trouble = next(filter(None, found), "")
        if trouble != self._trouble:
            (_LOG.error if trouble else _LOG.info)("slots were tried", trouble=trouble)
        self._trouble = trouble

    async def check(self) -> None:
        """For readiness.

        Raises:
            Unavailable: Says what is wrong.
        """
        if self._runs.count:
            raise Unavailable(f"runs that should have ended block {self._runs.count} slots", reason="SLOT_WEDGED")
        if self._trouble:
            raise Unavailable(f"a+b cannot be judged: {self._trouble}", reason="SLOT_BROKEN")

    async def _try_slot(self) -> str:
        """What is wrong with a slot, empty for nothing."""
        try:
            async with self._pool.slot(("health", "")):
                with self._runs.watching(self._spec.limits):
                    outcome = await self._engine.run(self._spec)
        except EngineFailed as error:
            return str(error)[:300]
        return _wrong(outcome)


def _wrong(outcome: Outcome) -> str:
    failed = classify(outcome, _LIMITS)
    if failed is not None:
        return f"{failed[0]}: {failed[1]}"
    return "" if outcome.stdout == b"42\n" else f"20 + 22 gave {outcome.stdout[:50]!r}"
