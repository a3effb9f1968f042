"""Verification with real runs: what a problem's programs and its tests say about each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from microcoder.core.problem import Checker, CheckerKind, FunctionSpec, IoMode, Limits, Problem, Program, SourceFile
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import Verdict
from microcoder.core.verification import Catch, Grade, Verification
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.engine import Engine, Outcome, RunSpec
from microcoder.judge.judging import SubmissionJudge
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.judge.verifying import Verifier
from microcoder.store import Store
from microcoder.testing.builders import NOW, make_problem, make_suite, make_test_case

SUMS = [("1 2\n", "3\n"), ("10 20\n", "30\n"), ("5 5\n", "10\n"), ("1 9\n", "10\n")]
RIGHT = "print(sum(map(int, input().split())))\n"


class Catalogue:
    """Problems with programs, verified."""

    def __init__(self, store: Store, sandbox: Sandbox) -> None:
        self.store = store
        self.sandbox = sandbox
        self.tasks = TaskSource(store, BlobCache(store.blobs, max_bytes=2**20))

    async def program(self, name: str, code: str, expected: Verdict = Verdict.AC) -> Program:
        main = SourceFile(path="main.py", digest=await self.store.blobs.put(code.encode()), size_bytes=len(code))
        return Program(name=name, language="python3", files=(main,), expected=(expected,))

    async def problem(self, cases: Sequence[tuple[str, str]], *programs: Program, **fields: Any) -> Problem:
        for text in {text for case in cases for text in case}:
            await self.store.blobs.put(text.encode())
        made = [make_test_case(i, input_text=data, answer_text=answer) for i, (data, answer) in enumerate(cases)]
        return make_problem(suite=make_suite(*made), programs=programs, **fields)

    async def verify(self, problem: Problem, **options: Any) -> Verification:
        sandbox = self.sandbox
        judge = SubmissionJudge(sandbox.engine, sandbox.compiler, sandbox.pool, version="test")
        verifier = Verifier(
            judge, sandbox.compiler, self.tasks, version="test", tier="test", clock=lambda: NOW, **options
        )
        return await verifier.verify(problem)


@pytest.fixture
def catalogue(store: Store, sandbox: Sandbox) -> Catalogue:
    return Catalogue(store, sandbox)


async def test_the_record_tells_strength_repeats_guesses_and_limits(catalogue: Catalogue) -> None:
    problem = await catalogue.problem(
        SUMS,
        await catalogue.program("accepted/a.py", RIGHT),
        await catalogue.program("wrong_answer/first.py", "print(input().split()[0])", Verdict.WA),
        await catalogue.program("wrong_answer/digits.py", "print(sum(map(int, input()[:3].split())))", Verdict.WA),
        await catalogue.program("wrong_answer/small.py", "print(min(9, eval('+'.join(input().split()))))", Verdict.WA),
        limits=Limits(cpu_time_ms=500),
    )
    record = await catalogue.verify(problem)
    assert (record.grade, record.wrong_caught, record.wrong_total) == (Grade.PROVEN, 3, 3)
    assert record.catches == (Catch(test="secret/00", programs=1), Catch(test="secret/01", programs=2))
    assert (record.repeated_runs, record.unstable_tests) == (3, ())
    assert (record.guess_share, record.guess) == (0.5, "always '10'")
    assert record.cpu_time_limits_ms == {"python3": 500}
    task = await catalogue.tasks.of_problem(problem, catalogue.sandbox.compiler.language("python3"), proven=record)
    assert task.limits.cpu_time_ms == 500
    unproven = await catalogue.tasks.of_problem(problem, catalogue.sandbox.compiler.language("python3"))
    assert unproven.limits.cpu_time_ms == 1_500


async def test_one_output_for_all_tests_is_guessable(catalogue: Catalogue) -> None:
    cases = [("1\n", "YES\n"), ("2\n", "yes\n")]
    problem = await catalogue.problem(cases, await catalogue.program("accepted/a.py", "print('YES')"))
    record = await catalogue.verify(problem)
    assert (record.reason, record.grade, record.guess_share) == (RejectReason.GUESSABLE, Grade.NONE, 1.0)
    assert "'YES' passes all tests" in record.message


async def test_the_policy_may_be_stricter(catalogue: Catalogue) -> None:
    problem = await catalogue.problem(SUMS, await catalogue.program("accepted/a.py", RIGHT))
    assert (await catalogue.verify(problem, max_guess_share=0.5)).reason == RejectReason.GUESSABLE
    assert (await catalogue.verify(problem, max_guess_share=0.51)).reason == ""


async def test_a_function_that_returns_its_argument_is_guessable(catalogue: Catalogue) -> None:
    problem = await catalogue.problem(
        [("[1, 2]\n", "[1,2]"), ("[]\n", "[]")],
        await catalogue.program("accepted/a.py", "def f(x): return sorted(x)"),
        io_mode=IoMode.FUNCTION,
        function=FunctionSpec(entry="f"),
    )
    record = await catalogue.verify(problem)
    assert (record.reason, record.guess) == (RejectReason.GUESSABLE, "the input itself")


@pytest.mark.parametrize(
    ("validator", "reason"),
    [
        ("import sys\nopen(sys.argv[3] + 'judgemessage.txt', 'w').close()\nsys.exit(42)", RejectReason.GUESSABLE),
        (
            "import sys\na, b = open(sys.argv[1]).read().split()\n"
            "sys.exit(42 if sum(map(int, sys.stdin.read().split())) == int(a) + int(b) else 43)",
            RejectReason.GUESSABLE,
        ),
        (
            "import sys\nx, y = map(int, sys.stdin.read().split())\n"
            "sys.exit(42 if x + y == int(open(sys.argv[2]).read()) and x > y else 43)",
            None,
        ),
    ],
    ids=["takes everything", "takes a copy", "right"],
)
async def test_programs_that_do_not_solve_it_are_tried_on_custom_checkers(
    catalogue: Catalogue, validator: str, reason: RejectReason | None
) -> None:
    code = "print(a := sum(map(int, input().split())) + 1, -1)"
    program = await catalogue.program("output_validators/v.py", validator)
    problem = await catalogue.problem(
        SUMS,
        await catalogue.program("accepted/a.py", code),
        checker=Checker(kind=CheckerKind.CUSTOM, program=replace(program, expected=())),
    )
    assert ((await catalogue.verify(problem)).reason or None) == reason


async def test_right_programs_with_different_answers_need_a_checker(catalogue: Catalogue) -> None:
    cases = [("1 2\n", "1 2\n"), ("3 4\n", "3 4\n")]
    problem = await catalogue.problem(
        [*cases, ("5 9\n", "9 5\n")],
        await catalogue.program("accepted/a.py", "a = input().split()\nprint(*sorted(a, reverse=a[0] == '5'))"),
        await catalogue.program("accepted/b.py", "print(*input().split()[::-1])"),
    )
    record = await catalogue.verify(problem)
    assert record.reason == RejectReason.NEEDS_CHECKER
    assert "accepted/b.py and accepted/a.py give different answers to secret/00" in record.message


class LuckyOnce:
    """An engine whose programs print something else from the given run on."""

    def __init__(self, engine: Engine, *, honest_runs: int) -> None:
        self._engine = engine
        self._left = honest_runs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def run(self, spec: RunSpec) -> Outcome:
        outcome = await self._engine.run(spec)
        self._left -= 1
        return outcome if self._left >= 0 else replace(outcome, stdout=b"0")


async def test_a_right_program_that_fails_the_second_time_is_not_repeatable(store: Store, sandbox: Sandbox) -> None:
    engine: Any = LuckyOnce(sandbox.engine, honest_runs=len(SUMS) + 1)
    catalogue = Catalogue(store, replace(sandbox, engine=engine))
    record = await catalogue.verify(
        await catalogue.problem(SUMS, await catalogue.program("accepted/a.py", RIGHT)),
    )
    assert record.reason == RejectReason.NOT_REPEATABLE
    assert "accepted/a.py gets WA on secret/01" in record.message


async def test_outputs_that_differ_from_run_to_run_are_noted(catalogue: Catalogue) -> None:
    code = "import random\nprint(sum(map(int, input().split())), end=' ' * random.randrange(10**6))"
    problem = await catalogue.problem(SUMS, await catalogue.program("accepted/a.py", code))
    record = await catalogue.verify(problem)
    assert (record.reason, record.unstable_tests) == ("", ("secret/00", "secret/01", "secret/03"))
