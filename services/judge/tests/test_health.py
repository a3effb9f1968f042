import asyncio
from collections.abc import Callable

import pytest

from microcoder.core.errors import Unavailable
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.engine import EngineFailed, Outcome, RunLimits, RunSpec
from microcoder.judge.domain.languages import fill
from microcoder.judge.health import OverdueRuns, SlotHealth
from microcoder.judge.slots import SlotPool

COMMAND = ("python3", "{program}/main.py")


class Engine:
    """Answers a+b as told."""

    def __init__(self, answer: Callable[[], Outcome]) -> None:
        self.answer = answer
        self.under_way = 0
        self.most = 0

    async def run(self, spec: RunSpec) -> Outcome:
        assert spec.stdin == b"20 22\n"
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return self.answer()


def health(engine: Engine, runs: OverdueRuns | None = None) -> SlotHealth:
    pool = SlotPool(slots=3, max_submissions=10)
    return SlotHealth(engine, pool, runs or OverdueRuns(), command=COMMAND)  # type: ignore[arg-type]


def right() -> Outcome:
    return Outcome(exit_code=0, stdout=b"42\n")


def broken() -> Outcome:
    raise EngineFailed("the jail is gone")


async def test_it_is_well_once_every_slot_has_judged() -> None:
    engine = Engine(right)
    found = health(engine)
    with pytest.raises(Unavailable, match="no slot was tried"):
        await found.check()
    await found.probe()
    await found.check()
    assert engine.most == 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (broken, "the jail is gone"),
        (lambda: Outcome(exit_code=0, stdout=b"41\n"), "20 \\+ 22 gave"),
        (lambda: Outcome(exit_code=1), "exit code 1"),
    ],
)
async def test_a_broken_slot_is_told_until_it_works_again(answer: Callable[[], Outcome], why: str) -> None:
    engine = Engine(answer)
    found = health(engine)
    await found.probe()
    with pytest.raises(Unavailable, match=why) as error:
        await found.check()
    assert error.value.reason == "SLOT_BROKEN"
    engine.answer = right
    await found.probe()
    await found.check()


async def test_a_run_that_does_not_end_is_told() -> None:
    now = 0.0
    runs = OverdueRuns(clock=lambda: now)
    found = health(Engine(right), runs)
    await found.probe()
    limits = RunLimits(cpu_time_ms=1_000, memory_bytes=1, output_bytes=1)
    with runs.watching(limits):
        now = limits.wall_ms / 1000 + 10
        await found.check()
        now += 60
        with pytest.raises(Unavailable) as error:
            await found.check()
        assert error.value.reason == "SLOT_WEDGED"
    await found.check()


async def test_real_slots(sandbox: Sandbox) -> None:
    command = fill(sandbox.compiler.language("python3").run, main="main.py")
    found = SlotHealth(sandbox.engine, sandbox.pool, OverdueRuns(), command=command)
    await found.probe()
    await found.check()
