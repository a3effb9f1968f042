"""The warm engine against the cold one, and what one run could leave for the next."""

import asyncio
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.core.problem import FunctionSpec
from microcoder.judge.adapters.jail import interpreters, open_engine
from microcoder.judge.adapters.warm import open_warm
from microcoder.judge.app import open_sandbox
from microcoder.judge.calling import calling
from microcoder.judge.compiling import Executable
from microcoder.judge.domain.engine import PROGRAM_DIR, Ended, Engine, EngineKind, Outcome, RunLimits, RunSpec, Tier
from microcoder.judge.domain.languages import CALL_DRIVER, Tools, language_table, python_command
from microcoder.judge.domain.program import SourceProgram
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


AGE = """
import time
started = int(open('/proc/self/stat').read().rpartition(')')[2].split()[19]) / 100
print(time.clock_gettime(time.CLOCK_BOOTTIME) - started)
"""


async def test_a_run_finds_its_process_forked_already(slot: tuple[Engine, list[str]]) -> None:
    engine, _ = slot
    await run_python(engine, engine.python, "print(1)")
    await asyncio.sleep(0.3)
    outcome = await run_python(engine, engine.python, AGE)
    if b"No such file" in outcome.stderr:
        pytest.skip("there is no /proc in the jail")
    assert float(outcome.stdout) >= 0.2, outcome


async def test_programs_and_commands_take_turns_in_a_slot(slot: tuple[Engine, list[str]]) -> None:
    engine, replaced = slot
    replaced.clear()
    for number in range(3):
        python = await run_python(engine, engine.python, f"import random, os\nprint({number}, os.getpid() > 1)")
        command = await engine.run(RunSpec(argv=("/bin/echo", str(number)), files={}, limits=LIMITS))
        assert python.stdout == f"{number} True\n".encode()
        assert command.stdout == f"{number}\n".encode()
    assert replaced == []


DRIVEN = b"""
import sys
def f():
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
    return sys.getrefcount(frame.f_code)
"""


async def test_the_driver_of_calls_is_compiled_once_and_for_its_very_text_only(slot: tuple[Engine, list[str]]) -> None:
    engine, _ = slot
    program = SourceProgram(language="python3", files={"main.py": DRIVEN}, main="main.py")
    language = language_table(Tools(python=engine.python, cc="gcc", cxx="g++"), multipliers={})["python3"]
    plain = Executable(argv=(), files=program.files)
    call = calling(program, plain, FunctionSpec(entry="f"), language, preludes={}).one

    async def references(more: bytes) -> int:
        files = {**call.files, CALL_DRIVER: call.files[CALL_DRIVER] + more}
        outcome = await engine.run(RunSpec(argv=call.argv, files=files, limits=LIMITS, result_channel=True))
        return int(outcome.result)

    assert await references(b"") == await references(b"\n") + 1  # the keeper's own
