"""The warm engine: per slot a jail that stays, in which a warm interpreter forks for each run."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from microcoder.judge.adapters.jail.engine import ColdEngine, located, run_environment
from microcoder.judge.adapters.warm.slot import Slot, WarmRun
from microcoder.judge.domain.engine import BOX_DIR, PROGRAM_DIR, EngineFailed, Interaction, Outcome, RunSpec, Tier
from microcoder.judge.domain.languages import CALL_DRIVER

MAX_RUNS = 2_000
"""After so many a slot is replaced."""
_FIRST_KEEPER = 66_000
"""Where the judge may choose, the keeper of slot n gets this user id plus n."""
_FOLDERS = {PROGRAM_DIR: "/program", BOX_DIR: "/box"}
_STACK_BYTES = 256 * 2**20
_BOX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What makes a jail warm."""

    supervisor: Path
    """Program of a slot's supervisor."""
    library: Path
    """Library of the keeper."""
    boot: Path
    """Script of the keeper."""
    driver: Path
    """Script that calls functions, which the keeper compiles once for all runs."""
    interpreter: tuple[str, ...]
    """Command that starts Python programs; those that start in just this way are run by the warm interpreter."""


class WarmEngine:
    """Runs programs in warm slots, and what does not fit there cold. See `microcoder.judge.domain.engine.Engine`.

    Args:
        cold: The engine for the rest; its jail, at least with namespaces, is that of the slots, too.
        warmth: What is warm.
        slots: Runs at a time.
        mechanisms: For people.
        on_replaced: Told why a slot is replaced.
    """

    def __init__(
        self,
        cold: ColdEngine,
        warmth: Warmth,
        *,
        slots: int,
        mechanisms: tuple[str, ...] = (),
        on_replaced: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._jail = cold.jail
        self._warmth = warmth
        self._cold = cold
        self._mechanisms = mechanisms
        self._on_replaced = on_replaced
        self._slots: dict[int, Slot] = {}
        self._free = list(range(slots))
        self._waiting: deque[asyncio.Future[int]] = deque()

    @property
    def tier(self) -> Tier:
        return self._jail.tier

    @property
    def python(self) -> str:
        """Path of the interpreter that programs get."""
        return self._jail.python

    @property
    def mechanisms(self) -> tuple[str, ...]:
        return self._mechanisms

    async def start(self) -> None:
        """Brings all slots up.

        Raises:
            EngineFailed: One does not come up.
        """
        await asyncio.gather(*(self._slot(number) for number in self._free))

    async def run(self, spec: RunSpec) -> Outcome:
        run = self._warm_run(spec)
        if run is None:
            return await self._cold.run(spec)
        number = await self._take(spec)
        try:
            return await self._run_on(number, run)
        except ValueError:
            return await self._cold.run(spec)
        finally:
            self._give(number)

    async def interact(self, program: RunSpec, other: RunSpec, *, settles: Callable[[Outcome], bool]) -> Interaction:
        return await self._cold.interact(program, other, settles=settles)

    async def close(self) -> None:
        await self.stop()
        await self._cold.close()

    async def stop(self) -> None:
        """Ends the slots, and leaves the cold engine open."""
        slots, self._slots = list(self._slots.values()), {}
        await asyncio.gather(*(asyncio.to_thread(slot.close) for slot in slots))

    def _warm_run(self, spec: RunSpec) -> WarmRun | None:
        if spec.shared:
            return None
        arguments = tuple(located(_FOLDERS, word) for word in spec.argv)
        environment: tuple[str, ...] = ()
        warm = self._starts_warm(arguments) and not spec.environment
        if warm:
            arguments = arguments[len(self._warmth.interpreter) :]
        else:
            environment = tuple(run_environment(spec.environment, _FOLDERS))
        return WarmRun(
            warm=warm,
            arguments=arguments,
            environment=environment,
            files=spec.files,
            stdin=spec.stdin,
            limits=spec.limits,
            result_channel=spec.result_channel,
        )

    def _starts_warm(self, arguments: Sequence[str]) -> bool:
        start = self._warmth.interpreter
        return (
            len(arguments) > len(start)
            and tuple(arguments[: len(start)]) == start
            and arguments[len(start)].startswith("/program/")
        )

    async def _run_on(self, number: int, run: WarmRun) -> Outcome:
        slot = await self._slot(number)
        try:
            reply = await slot.run(run)
        except EngineFailed as error:
            await self._replace(number, str(error))
            raise
        except asyncio.CancelledError:
            if slot.busy:
                await self._replace(number, "")
            raise
        if reply.worn or slot.runs >= MAX_RUNS:
            await self._replace(number, "worn" if reply.worn else "")
        if reply.outcome is None:
            raise EngineFailed(reply.reason)
        return reply.outcome

    async def _slot(self, number: int) -> Slot:
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = await asyncio.to_thread(self._start, number)
        return slot

    async def _replace(self, number: int, reason: str) -> None:
        slot = self._slots.pop(number, None)
        if slot is not None:
            await asyncio.to_thread(slot.close)
        if reason:
            self._on_replaced(reason)

    def _options(self, number: int) -> list[str]:
        jail = self._jail
        return [
            f"privileged={int(jail.privileged)}",
            f"host_id={jail.first_user + number}",
            f"keeper_id={_FIRST_KEEPER + number}",
            f"stack={_STACK_BYTES}",
            f"box_bytes={_BOX_BYTES}",
            "box=/box",
            "program=/program",
            *jail.layout.arguments(),
            *(jail.cgroups.of_warm_slot(number) if jail.cgroups else []),
            *(f"env={variable}" for variable in run_environment({}, _FOLDERS)),
        ]

    def _start(self, number: int) -> Slot:
        warmth = self._warmth
        return Slot(
            [str(warmth.supervisor), *self._options(number)],
            files={
                "/program/main.py": warmth.boot,
                "/program/keeper.so": warmth.library,
                f"/program/{CALL_DRIVER}": warmth.driver,
            },
            keeper=[*warmth.interpreter, "/program/main.py"],
        )

    async def _take(self, spec: RunSpec) -> int:
        if self._free:
            return self._free.pop(self._best(spec))
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(turn.result())
            raise

    def _best(self, spec: RunSpec) -> int:
        """Index of the free slot that holds the program's files already, else the one that has rested longest."""
        for index, number in enumerate(self._free):
            slot = self._slots.get(number)
            if slot is not None and slot.files is spec.files:
                return index
        return 0

    def _give(self, number: int) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(number)
                return
        self._free.append(number)
