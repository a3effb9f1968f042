"""The warm engine against the cold one, and what one run could leave for the next."""

import asyncio
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.app import open_sandbox
from microcoder.judge.domain.engine import Engine, EngineKind, Outcome, RunLimits, Tier
from microcoder.judge.local import run_python
from microcoder.judge.settings import JudgeSettings

CORPUS = runpy.run_path(str(Path(__file__).with_name("corpus.py")))
INPUT, PROGRAMS = CORPUS["INPUT"], CORPUS["PROGRAMS"]
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
