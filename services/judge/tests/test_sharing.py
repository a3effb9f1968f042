"""Function calls on many tests in one run: no program's verdict depends on whether its tests share one."""

import json
from dataclasses import replace

import pytest

from microcoder.core.problem import CallStyle, FunctionSpec
from microcoder.core.verdict import JudgeReport, StopMode, Verdict
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.engine import Engine, Outcome, RunSpec
from microcoder.judge.local import DEFAULT_LIMITS, LocalJudge
from microcoder.judge.sharing import outcomes, within

N = 40
SQUARES = [(str(i), str(i * i)) for i in range(N)]
PROGRAMS = {
    "right": "def f(x): return x * x",
    "module state": "seen = []\ndef f(x):\n    seen.append(x)\n    return x * x if len(seen) == 1 else -1",
    "state outside the module": (
        "import math\ndef f(x):\n    math.calls = getattr(math, 'calls', 0) + 1\n"
        "    return x * x if math.calls == 1 else -1"
    ),
    "leaves at once": "import os\ndef f(x):\n    if x == 7: os._exit(0)\n    return x * x",
    "raises": "def f(x):\n    if x % 10 == 7: raise ValueError(x)\n    return x * x",
    "wrong now and then": "def f(x): return x * x + (x % 9 == 4)",
    "always wrong": "def f(x): return -1",
    "breaks the driver's tools": (
        "import json, os, sys, time\n"
        "json.dumps = json.loads = os.write = time.process_time_ns = None\nsys.modules.clear()\n"
        "def f(x): return x * x"
    ),
    "writes results itself": ("import os\nfor i in range(99): os.write(3, b'2 0\\n-1')\ndef f(x): return x * x"),
    "knows only what comes first": "import sys\nfirst = []\ndef f(x): return 0 if x == 0 else None",
    "no function": "g = 3",
    "not Python": "def f(x) return x",
    "slow at one": "def f(x):\n    while x == 5: pass\n    return x * x",
    "sleeps at one": "import time\ndef f(x):\n    if x == 5: time.sleep(60)\n    return x * x",
    "much memory at one": "def f(x):\n    if x == 5: bytearray(2**30)\n    return x * x",
    "endless output at one": "def f(x): return [x] * 10**6 if x == 5 else x * x",
    "thread left": "import threading\ndef f(x):\n    threading.Thread(target=print).start()\n    return x * x",
    "process left": "import os, time\ndef f(x):\n    if x == 5 and os.fork() == 0: time.sleep(60)\n    return x * x",
    "slow at each": "def f(x):\n    for _ in range(10**6): pass\n    return x * x",
}


def facts(report: JudgeReport) -> list[tuple[object, ...]]:
    """What may not depend on how tests were run."""
    return [
        (report.verdict, report.passed, bool(report.compile_message)),
        *((r.ordinal, r.name, r.verdict, r.exit_code, r.signal, r.message) for r in report.results),
    ]


@pytest.mark.parametrize("stop", [StopMode.ALL, StopMode.FIRST_FAIL])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
async def test_reports_are_those_of_runs_of_their_own(sandbox: Sandbox, program: str, stop: StopMode) -> None:
    shared, alone = [
        await LocalJudge(sandbox, tests_per_run=most).report(program, SQUARES, entry="f", stop=stop)
        for most in (128, 1)
    ]
    assert facts(shared) == facts(alone)


@pytest.fixture
def counted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    """The engine's runs."""
    runs: list[RunSpec] = []
    run = sandbox.engine.run

    async def counting(_self: Engine, spec: RunSpec) -> Outcome:
        runs.append(spec)
        return await run(spec)

    monkeypatch.setattr(type(sandbox.engine), "run", counting)
    return runs


async def test_a_right_program_needs_one_run(judge: LocalJudge, counted: list[RunSpec]) -> None:
    report = await judge.report("def f(x): return x * x", SQUARES, entry="f")
    assert report.passed == N
    assert len(counted) == 1


async def test_no_answer_enters_a_shared_run(judge: LocalJudge, counted: list[RunSpec]) -> None:
    tests = [(str(i), str(i + 987_654_000)) for i in range(N)]
    assert (await judge.report("def f(x): return x + 987_654_000", tests, entry="f")).passed == N
    spec = counted[0]
    assert not any(b"987654" in data for data in (spec.stdin, *spec.files.values(), *map(str.encode, spec.argv)))


async def test_large_inputs_do_not_pile_up(judge: LocalJudge, counted: list[RunSpec]) -> None:
    tests = [(json.dumps([i] * 150_000), str(i)) for i in range(6)]
    report = await judge.report("def f(xs): return xs[0]", tests, entry="f")
    assert report.passed == 6
    assert max(len(spec.stdin) for spec in counted) < 2 * 2**20
    assert len(counted) > 1


async def test_time_of_a_shared_run_is_told_test_by_test(judge: LocalJudge, counted: list[RunSpec]) -> None:
    program = "def f(x):\n    for _ in range(4 * 10**6 if x == 3 else 0): pass\n    return x * x"
    report = await judge.report(program, SQUARES, entry="f")
    times = [result.cpu_time_ms for result in report.results]
    assert len(counted) == 1
    assert report.verdict is Verdict.AC
    assert times.index(max(times)) == 3
    assert times[3] > 10 * max(time for i, time in enumerate(times) if i != 3)


async def test_tests_that_fit_together_only_in_part_all_pass(judge: LocalJudge, counted: list[RunSpec]) -> None:
    program = (
        "import time\ndef f(x):\n    end = time.process_time() + 0.15\n    while time.process_time() < end: pass\n"
    )
    report = await judge.report(program + "    return x * x", SQUARES[:12], entry="f")
    assert report.verdict is Verdict.AC
    assert 1 < len(counted) < 12


async def test_operations_of_a_class_share_runs_too(judge: LocalJudge, counted: list[RunSpec]) -> None:
    program = "class C:\n    total = 0\n    def add(self, x):\n        C.total += x\n        return C.total"
    tests = [(f'["C", "add", "add"]\n[[], [{i}], [1]]', f"[null, {i}, {i + 1}]") for i in range(9)]
    function = FunctionSpec(entry="C", style=CallStyle.CLASS)
    assert (await judge.report(program, tests, function=function)).passed == 9
    assert len(counted) == 1


def run_of(result: bytes, *, cpu_time_us: int = 900) -> Outcome:
    return Outcome(exit_code=0, cpu_time_us=cpu_time_us, wall_time_us=2 * cpu_time_us, result=result)


def test_each_test_gets_its_time_and_a_share_of_the_rest() -> None:
    parts = outcomes(run_of(b"1 300000\n71 0\n82 0\n99"), most=9)
    assert [part.result for part in parts] == [b"7", b"8", b"99"]
    assert [part.cpu_time_us for part in parts] == [500, 200, 200]
    assert [part.wall_time_us for part in parts] == [1000, 400, 400]


def test_times_that_are_not_true_cannot_exceed_those_of_the_run() -> None:
    parts = outcomes(run_of(b"1 3000000\n71 6000000\n8"), most=9)
    assert [part.cpu_time_us for part in parts] == [300, 600]


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", 0),
        (b"1 0\n", 0),
        (b"1 0\n71 0\n", 1),
        (b"-1 0\n7", 0),
        (b"1\n7", 0),
        (b"1 0 0\n7", 0),
        (b"1 " + b"9" * 19 + b"\n7", 0),
        (b"9" * 19 + b" 0\n7", 0),
        (b"1 \xd9\xa3\n7", 0),
        (b"x" * 10**6, 0),
        (b"1 0\n7" * 50, 9),
    ],
)
def test_results_are_read_up_to_where_they_make_no_sense(data: bytes, read: int) -> None:
    assert len(outcomes(run_of(data), most=9)) == read


def test_what_comes_after_the_limit_of_one_test_does_not_count() -> None:
    part = run_of(b"", cpu_time_us=400_000)
    limits = replace(DEFAULT_LIMITS, cpu_time_ms=1000)
    assert len(within([part] * 5, limits)) == 2
