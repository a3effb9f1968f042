"""Isolated runs a second of a+b in Python and in C++ (compiled once), against a bare interpreter on the same machine.

The bare interpreter starts once as users start it, with whatever third-party packages hook into its start, and once
with `-I -S`, its fastest. The judge's jail hides third-party packages and keeps `site`, so it lies between the two.

python -m tests.bench judge [--runs 200] [--rounds 3] [--slots N] [--json]

Each round measures everything once, in turn, so that a busy moment of the machine hits all; the median round counts.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings

PYTHON = "print(sum(map(int, input().split())))\n"
CPP = "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n"
TEST = ("1 2\n", "3\n")


def bare(python: str, runs: int, slots: int, *flags: str) -> float:
    """Runs a second of the same program by the same interpreter, with no isolation."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(slots) as threads:
        program = Path(folder) / "main.py"
        program.write_text(PYTHON)
        begun = time.perf_counter()
        for output in threads.map(
            lambda _: (
                subprocess.run([python, *flags, str(program)], input=b"1 2\n", capture_output=True, check=True).stdout
            ),
            range(runs),
        ):
            assert output == b"3\n"
        return runs / (time.perf_counter() - begun)


async def judged(sandbox: Sandbox, code: str, language: str, runs: int) -> float:
    """Runs a second by way of the judge: one submission per slot, all on as many tests as it takes."""
    judge, slots = LocalJudge(sandbox), sandbox.pool.slots
    await judge.report(code, [TEST], language=language)
    begun = time.perf_counter()
    reports = await asyncio.gather(
        *(judge.report(code, [TEST] * (runs // slots), language=language) for _ in range(slots))
    )
    elapsed = time.perf_counter() - begun
    assert all(report.verdict is Verdict.AC for report in reports), [report.verdict for report in reports]
    return sum(report.total for report in reports) / elapsed


async def measure(*, runs: int, rounds: int, slots: int) -> dict[str, float | str]:
    """Medians of the rounds and their ratios to the bare interpreter."""
    with tempfile.TemporaryDirectory() as cache:
        sandbox = await open_sandbox(JudgeSettings(slots=slots, cache_dir=Path(cache)))
        python, slots = sandbox.engine.python, sandbox.pool.slots
        try:
            ways: dict[str, Callable[[], Awaitable[float]]] = {
                "bare_python": lambda: asyncio.to_thread(bare, python, runs, slots),
                "bare_python_no_site": lambda: asyncio.to_thread(bare, python, runs, slots, "-I", "-S"),
                "judge_python": lambda: judged(sandbox, PYTHON, "python3", runs),
                "judge_cpp": lambda: judged(sandbox, CPP, "cpp", runs),
            }
            found: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way, run in ways.items():
                    found[way].append(await run())
        finally:
            await sandbox.engine.close()
    medians = {way: statistics.median(values) for way, values in found.items()}
    return {
        **{f"{way}_per_s": round(value, 1) for way, value in medians.items()},
        "python_ratio": round(medians["judge_python"] / medians["bare_python"], 3),
        "python_ratio_no_site": round(medians["judge_python"] / medians["bare_python_no_site"], 3),
        "cpp_ratio": round(medians["judge_cpp"] / medians["bare_python"], 3),
        "slots": sandbox.pool.slots,
        "load": os.getloadavg()[0],
        "tier": sandbox.engine.tier.value,
        "python": sandbox.versions["python3"],
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="per way and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=0, help="runs at a time; 0 for one per processor")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = asyncio.run(measure(runs=options.runs, rounds=options.rounds, slots=options.slots))
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
