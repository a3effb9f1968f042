"""Isolated runs a second of a+b in Python and C++ (compiled once), against peers on the same machine at the same time.

The bare interpreter, the floor, is started as users start it, and with `-I -S`, its fastest. `warm` and `cold` are the
judge's engines, by way of the whole judge (queue, run, comparison); `new C++` compiles each program first. Peers are
described in judge_peers.py; one that is not here is left out, with the reason.

python -m tests.bench judge [--runs 200] [--rounds 3] [--at-once 1 2 8] [--python /usr/bin/python3] [--json]

Each round measures everything once, in turn, so that a busy moment of the machine hits all; the median round counts.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import EngineKind
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings
from tests.bench.judge_peers import PYTHON, TEST, bare, bubblewrap, in_process

CPP = "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n"
_COMPILED = 4
"""Programs that are compiled per round."""
Way = Callable[[], Awaitable[float | None]]


async def judged(sandbox: Sandbox, code: str, language: str, *, runs: int, at_once: int) -> float:
    """Runs a second by way of the judge: `at_once` submissions, all on as many tests as it takes.

    A submission's first test goes before the others, so one at a time is a submission per test.
    """
    judge = LocalJudge(sandbox)
    await judge.report(code, [TEST], language=language)
    begun = perf_counter()
    if at_once == 1:
        reports = [await judge.report(code, [TEST], language=language) for _ in range(runs)]
    else:
        tests = [TEST] * (runs // at_once)
        reports = await asyncio.gather(*(judge.report(code, tests, language=language) for _ in range(at_once)))
    elapsed = perf_counter() - begun
    assert all(report.verdict is Verdict.AC for report in reports), [report.verdict for report in reports]
    return sum(report.total for report in reports) / elapsed


async def compiled(sandbox: Sandbox, *, runs: int, at_once: int) -> float:
    """Runs a second of C++ programs that are new to the judge: each is compiled, then run on one test."""
    judge, turn, fresh = LocalJudge(sandbox), asyncio.Semaphore(at_once), uuid4().hex

    async def one(number: int) -> None:
        async with turn:
            report = await judge.report(f"// {fresh} {number}\n{CPP}", [TEST], language="cpp")
        assert report.verdict is Verdict.AC, report.verdict

    begun = perf_counter()
    await asyncio.gather(*map(one, range(runs)))
    return runs / (perf_counter() - begun)


def ways(python: str, warm: Sandbox, cold: Sandbox, *, runs: int, at_once: int) -> dict[str, Way]:
    """What is measured, by name; the first is the floor."""
    few = max(runs // 4, at_once)
    threaded = asyncio.to_thread
    return {
        "bare": lambda: threaded(bare, python, runs=few, at_once=at_once),
        "bare -I -S": lambda: threaded(bare, python, "-I", "-S", runs=few, at_once=at_once),
        "bwrap": lambda: threaded(bubblewrap, python, runs=few, at_once=at_once),
        "in process": lambda: threaded(in_process, runs=runs, at_once=at_once),
        "cold": lambda: judged(cold, PYTHON, "python3", runs=few, at_once=at_once),
        "warm": lambda: judged(warm, PYTHON, "python3", runs=runs, at_once=at_once),
        "warm C++": lambda: judged(warm, CPP, "cpp", runs=runs, at_once=at_once),
        "new C++": lambda: compiled(warm, runs=max(_COMPILED, at_once), at_once=at_once),
    }


async def measure(*, python: str, runs: int, rounds: int, at_once: list[int]) -> dict[str, object]:
    """Medians of the rounds: runs a second, ms a run, and the ratio to the floor, by how many at a time and way."""
    async with AsyncExitStack() as stack:
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        opened = []
        for kind in (EngineKind.WARM, EngineKind.COLD):
            sandbox = await open_sandbox(JudgeSettings(cache_dir=cache, engine=kind, python=python))
            stack.push_async_callback(sandbox.engine.close)
            opened.append(sandbox)
        figures: dict[str, object] = {
            str(n): await _measure(ways(python, *opened, runs=runs, at_once=n), rounds, n) for n in at_once
        }
        engine = opened[0].engine
        return {**figures, "slots": opened[0].pool.slots, "load": os.getloadavg()[0], "tier": engine.tier.value}


async def _measure(chosen: dict[str, Way], rounds: int, at_once: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name, way in chosen.items():
            rate = await way()
            if rate is not None:
                found[name].append(rate)
            else:
                print(f"{name} is left out: no `bwrap` that works here", file=sys.stderr)
    medians = {name: statistics.median(rates) for name, rates in found.items() if rates}
    floor = next(iter(medians.values()))
    return {
        name: {"per_s": round(rate, 1), "ms": round(1000 * at_once / rate, 2), "of_bare": round(rate / floor, 2)}
        for name, rate in medians.items()
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="per way and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2, 8])
    parser.add_argument("--python", default="/usr/bin/python3", help="interpreter of the floor and of programs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = asyncio.run(
        measure(python=options.python, runs=options.runs, rounds=options.rounds, at_once=options.at_once)
    )
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        if not isinstance(value, dict):
            print(f"{name}: {value}")
            continue
        print(f"{name} at a time")
        for way, figure in value.items():
            print(f"  {way:12} {figure['per_s']:8.1f} /s {figure['ms']:8.2f} ms {figure['of_bare']:6.2f} x bare")


if __name__ == "__main__":
    main()
