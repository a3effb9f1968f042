"""The warm engine against the cold one, and what one run could leave for the next."""

import asyncio
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import interpreters, open_engine
from microcoder.judge.adapters.warm import open_warm
from microcoder.judge.app import open_sandbox
from microcoder.judge.domain.engine import PROGRAM_DIR, Ended, Engine, EngineKind, Outcome, RunLimits, RunSpec, Tier
from microcoder.judge.domain.languages import python_command
from microcoder.judge.local import run_python
from microcoder.judge.settings import JudgeSettings

CORPUS = runpy.run_path(str(Path(__file__).with_name("corpus.py")))
INPUT, PROGRAMS, HOSTILE, CLEAN = (CORPUS[name] for name in ("INPUT", "PROGRAMS", "HOSTILE", "CLEAN"))
LIMITS = RunLimits(cpu_time_ms=3_000, memory_bytes=256 * 2**20, output_bytes=2**20)


def opened(cache_dir: Path, kind: EngineKind) -> Engine:
    settings = JudgeSettings(cache_dir=cache_dir, slots=1, engine=kind)
    try:
        return asyncio.run(open_sandbox(settings)).engine
    except FailedPrecondition as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def cold(cache_dir: Path) -> Iterator[Engine]:
    engine = opened(cache_dir, EngineKind.COLD)
    yield engine
    asyncio.run(engine.close())


@pytest.fixture(scope="module")
def warm(cache_dir: Path) -> Iterator[Engine]:
    engine = opened(cache_dir, EngineKind.WARM)
    yield engine
    asyncio.run(engine.close())


def behaviour(outcome: Outcome) -> tuple[object, ...]:
    """All that both engines must agree on."""
    last_words = outcome.stderr.strip().splitlines()[-1:]
    return outcome.exit_code, outcome.signal, outcome.ended, outcome.stdout, last_words


@pytest.mark.parametrize("group", ["reading", "writing", "ending", "self"])
async def test_warm_and_cold_agree(cold: Engine, warm: Engine, group: str) -> None:
    differing = {}
    for name, code in PROGRAMS.items():
        if name.startswith(group):
            source = code if isinstance(code, bytes) else code.encode()
            ours, theirs = await asyncio.gather(
                *(run_python(engine, engine.python, source, limits=LIMITS, stdin=INPUT) for engine in (warm, cold))
            )
            if behaviour(ours) != behaviour(theirs):
                differing[name] = behaviour(ours), behaviour(theirs)
    assert not differing


def test_the_tier_is_the_same(cold: Engine, warm: Engine) -> None:
    assert warm.tier is cold.tier
    assert warm.tier.at_least(Tier.NAMESPACES)


HOSTILE_LIMITS = RunLimits(cpu_time_ms=300, memory_bytes=64 * 2**20, output_bytes=2**20, idle_time_ms=300)


@pytest.fixture(scope="module", params=[tier for tier in Tier if tier.at_least(Tier.NAMESPACES)])
def slot(request: pytest.FixtureRequest, cache_dir: Path) -> Iterator[tuple[Engine, list[str]]]:
    """An engine with one warm slot, and why the slot was replaced."""
    replaced: list[str] = []
    engine = asyncio.run(warm_engine(cache_dir, request.param, replaced))
    yield engine, replaced
    asyncio.run(engine.close())


async def warm_engine(cache_dir: Path, tier: Tier, replaced: list[str]) -> Engine:
    tools: Any = {"cache": cache_dir, "compiler": "gcc", "slots": 1}
    try:
        cold = await open_engine(**tools, interpreters=interpreters(""), minimum=tier, tiers=(tier,))
    except FailedPrecondition as error:
        pytest.skip(error.message)
    return await open_warm(cold, **tools, interpreter=python_command(cold.python), on_replaced=replaced.append)


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
async def test_the_next_run_is_clean(slot: tuple[Engine, list[str]], code: str) -> None:
    engine, replaced = slot
    before = await run_python(engine, engine.python, CLEAN)
    replaced.clear()
    await run_python(engine, engine.python, code, limits=HOSTILE_LIMITS)
    after = await run_python(engine, engine.python, CLEAN)
    assert before.exit_code == after.exit_code == 0, after
    assert after.stdout == before.stdout
    assert replaced in ([], ["worn"])


async def test_too_much_on_the_result_channel_is_not_held_against_the_next_run(slot: tuple[Engine, list[str]]) -> None:
    engine, _ = slot
    argv = (*python_command(engine.python), f"{PROGRAM_DIR}/main.py")
    flood = {"main.py": b"import os\nwhile True: os.write(3, b'x' * 65536)"}
    spec = RunSpec(argv=argv, files=flood, limits=HOSTILE_LIMITS, result_channel=True)
    assert (await engine.run(spec)).ended is Ended.OUTPUT
    after = await run_python(engine, engine.python, "print(1)")
    assert (after.exit_code, after.ended, after.stdout) == (0, None, b"1\n")
