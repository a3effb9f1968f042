"""LeetCode items of LiveCodeBench with about 100 tests: the judge, and grading as LiveCodeBench does it.

python -m tests.bench judge_lcb [--items 8] [--rounds 3] [--at-once 1 2] [--python /usr/bin/python3] [--json]

Both grade the items' reference programs. The peer runs a submission's tests one after the other in one child of the
grader, with an alarm for each, and isolates nothing. Per number of submissions at a time: tests a second of either and
their ratio, and the median over items of the peer's time for an item to ours. The programs' own work, which is the same
for both and most of the time of some items, bounds the first; the median is about what judging adds.
"""

import argparse
import asyncio
import gzip
import json
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from microcoder.core.problem import FunctionSpec
from microcoder.core.verdict import Verdict
from microcoder.evaluator.domain.comparison import checker_of
from microcoder.evaluator.domain.encoding import hidden_tests
from microcoder.evaluator.domain.items import EvaluationItem, ItemTest
from microcoder.evaluator.domain.records import read_item
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import EngineKind, RunLimits
from microcoder.judge.judging import Task
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings
from microcoder.judge.suites import InlineSuite, Test

SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
ITEMS = SHARED / "data" / "lcb" / "lcb_leetcode_280_hidden_tests.jsonl.gz"
ABOUT_100 = range(90, 111)
LIMITS = RunLimits(cpu_time_ms=6_000, memory_bytes=512 * 2**20, output_bytes=2**20)
_TEST_S = 6
_HEADER = "".join(
    f"from {module} import *\n"
    for module in (
        *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics"),
        *("itertools", "functools", "operator", "io", "sys", "json", "builtins", "typing"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A reference program and the tests of its item."""

    item: EvaluationItem
    function: FunctionSpec
    tests: tuple[ItemTest, ...]
    code: str


def submissions() -> Iterator[Submission]:
    """Items with about 100 tests whose reference program is right."""
    with gzip.open(ITEMS, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            item = read_item(line, line=1)
            tests = item.public_tests + hidden_tests(item.encoded_tests)
            if len(tests) in ABOUT_100 and record["reference_passes"] and item.function is not None:
                yield Submission(item=item, function=item.function, tests=tests, code=record["reference_solution"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A round over all items."""

    tests_per_s: float
    item_s: list[float]

    @classmethod
    def of(cls, chosen: list[Submission], item_s: Iterable[float], begun: float) -> "Graded":
        """What a round took that began then, on the performance counter."""
        took = time.perf_counter() - begun
        return cls(tests_per_s=sum(len(submission.tests) for submission in chosen) / took, item_s=list(item_s))


async def judged(sandbox: Sandbox, chosen: list[Submission], *, at_once: int) -> Graded:
    """By way of the judge."""
    judge, turn = LocalJudge(sandbox), asyncio.Semaphore(at_once)

    async def one(submission: Submission) -> float:
        suite = InlineSuite(
            [
                Test(name=str(number), input=test.input.encode(), answer=test.output.encode())
                for number, test in enumerate(submission.tests)
            ]
        )
        checker = checker_of(submission.item, submission.tests)
        task = Task(suite=suite, limits=LIMITS, checker=checker, function=submission.function)
        async with turn:
            started = time.perf_counter()
            report = await judge.report_on(judge.source(submission.code), task)
            took = time.perf_counter() - started
        assert report.verdict is Verdict.AC, (submission.item.id, report.verdict)
        return took

    begun = time.perf_counter()
    return Graded.of(chosen, await asyncio.gather(*map(one, chosen)), begun)


def in_process(chosen: list[Submission], *, at_once: int) -> Graded:
    """In children of the grader."""
    with ThreadPoolExecutor(at_once) as threads:
        begun = time.perf_counter()
        return Graded.of(chosen, list(threads.map(_grade, chosen)), begun)


def _grade(submission: Submission) -> float:
    begun = time.perf_counter()
    context = multiprocessing.get_context("fork")
    sample = json.dumps(
        {
            "inputs": [test.input for test in submission.tests],
            "outputs": [test.output for test in submission.tests],
            "fn_name": submission.function.entry.rpartition(".")[2],
        }
    )
    with context.Manager() as manager:
        results = manager.list()
        child = context.Process(target=_grade_all, args=(sample, submission.code, results))
        child.start()
        child.join((_TEST_S + 1) * len(submission.tests) + 5)
        if child.is_alive():
            child.kill()
        passed = list(results)
    assert passed == [True] * len(submission.tests), (submission.item.id, passed)
    return time.perf_counter() - begun


def _grade_all(sample: str, code: str, results: Any) -> None:
    """In the child: one alarm a test."""
    given = json.loads(sample)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - to the child's end
    sys.setrecursionlimit(50_000)
    module = types.ModuleType("submission")
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(_TEST_S)
    exec(compile(_HEADER + code, "submission.py", "exec"), module.__dict__)
    function = getattr(module.__dict__["Solution"](), given["fn_name"])
    passed = []
    for text, answer in zip(given["inputs"], given["outputs"], strict=True):
        arguments = [json.loads(line) for line in text.split("\n")]
        signal.alarm(_TEST_S)
        result = function(*arguments)
        signal.alarm(0)
        passed.append((list(result) if isinstance(result, tuple) else result) == json.loads(answer))
    results.extend(passed)


def _too_late(_number: int, _frame: object) -> None:
    raise TimeoutError


async def measure(*, python: str, items: int, rounds: int, at_once: list[int]) -> dict[str, object]:
    """Medians of the rounds, by how many submissions at a time."""
    chosen = list(islice(submissions(), items))
    figures: dict[str, object] = {
        "items": len(chosen),
        "tests": sum(len(submission.tests) for submission in chosen),
    }
    with tempfile.TemporaryDirectory() as cache:
        sandbox = await open_sandbox(JudgeSettings(cache_dir=Path(cache), engine=EngineKind.WARM, python=python))
        try:
            for n in at_once:
                ours: list[Graded] = []
                theirs: list[Graded] = []
                for _ in range(rounds):
                    ours.append(await judged(sandbox, chosen, at_once=n))
                    theirs.append(await asyncio.to_thread(in_process, chosen, at_once=n))
                figures[str(n)] = _compared(ours, theirs)
        finally:
            await sandbox.engine.close()
    return {**figures, "slots": sandbox.pool.slots, "load": os.getloadavg()[0]}


def _compared(ours: list[Graded], theirs: list[Graded]) -> dict[str, float]:
    rates = [statistics.median(graded.tests_per_s for graded in rounds) for rounds in (ours, theirs)]
    items = [
        [statistics.median(times) for times in zip(*(graded.item_s for graded in rounds), strict=True)]
        for rounds in (ours, theirs)
    ]
    return {
        "judge_per_s": round(rates[0], 1),
        "in_process_per_s": round(rates[1], 1),
        "ratio": round(rates[0] / rates[1], 3),
        "median_item_ratio": round(statistics.median(b / a for a, b in zip(*items, strict=True)), 3),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2], help="submissions at a time")
    parser.add_argument("--python", default="/usr/bin/python3", help="interpreter of programs in the judge")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not ITEMS.exists():
        print(f"skipped: {ITEMS.name} is not there; MICROCODER_SHARED names the folder that holds data/lcb")
        return
    figures = asyncio.run(
        measure(python=options.python, items=options.items, rounds=options.rounds, at_once=options.at_once)
    )
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
