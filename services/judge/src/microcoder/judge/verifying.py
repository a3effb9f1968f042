"""Verification of one problem: its programs against its tests, and its tests against guessing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from microcoder.core.clock import Clock
from microcoder.core.errors import FailedPrecondition, InvalidArgument, Unavailable
from microcoder.core.problem import Problem, Program
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import JudgeReport, StopMode, Verdict
from microcoder.core.verification import Grade, ProgramCheck, Verification
from microcoder.judge.compiling import Compiler
from microcoder.judge.domain.engine import Outcome
from microcoder.judge.domain.guessing import Guess
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.proposal import proposed_limits
from microcoder.judge.domain.suspicion import Printed, printed, several_answers
from microcoder.judge.domain.verification import (
    Finding,
    catches,
    check_of,
    conclude,
    guessable,
    is_right,
    is_wrong,
    needs_checker,
    not_repeatable,
    skipped,
)
from microcoder.judge.guesses import guess_of
from microcoder.judge.judging import OnOutcome, SubmissionJudge, Task
from microcoder.judge.suites import PartOfSuite
from microcoder.judge.tasks import TaskSource

_REPEATED_TESTS = 3
_GUESSES_IN = "python3"


@dataclass(slots=True)
class _Examination:
    """What is found out about a problem, step by step."""

    problem: Problem
    checks: list[ProgramCheck] = field(default_factory=list)
    outputs: dict[str, dict[str, Printed]] = field(default_factory=dict)
    """Of right programs, by the name of the program and of the test."""
    finding: Finding = field(default_factory=lambda: conclude([]))
    guess: Guess = field(default_factory=Guess)
    repeated: int = 0
    unstable: tuple[str, ...] = ()


class Verifier:
    """Runs a problem's programs and draws the conclusion.

    Args:
        judge: Runs them.
        compiler: Knows the languages.
        tasks: Finds tests and programs.
        version: Of the judge, for the record.
        tier: Its isolation, for the record.
        clock: Tells the time.
        max_guess_share: A problem with a guess that passes this share of its tests is rejected, 0 to 1.
    """

    def __init__(
        self,
        judge: SubmissionJudge,
        compiler: Compiler,
        tasks: TaskSource,
        *,
        version: str,
        tier: str,
        clock: Clock,
        max_guess_share: float = 1.0,
    ) -> None:
        self._judge = judge
        self._compiler = compiler
        self._tasks = tasks
        self._version = version
        self._tier = tier
        self._clock = clock
        self._max_guess_share = max_guess_share

    async def verify(self, problem: Problem) -> Verification:
        """The record. What costs more is tried only where the problem has passed what costs less.

        Raises:
            Unavailable: The judge was in trouble, which says nothing about the problem.
        """
        found = _Examination(problem)
        try:
            await self._examine(found)
        except FailedPrecondition as error:
            found = replace(_Examination(problem), finding=_unusable(error))
        return self._record(found)

    async def _examine(self, found: _Examination) -> None:
        problem = found.problem
        right = [program for program in problem.programs if is_right(program)]
        found.checks = await self._check_all(right, found)
        found.finding = conclude(found.checks)
        if found.finding.reason is RejectReason.REFERENCE_FAILED and problem.checker.program is None:
            why = several_answers(found.checks, found.outputs, first_test=problem.suite.cases[0].name)
            found.finding = needs_checker(found.finding, why) if why else found.finding
        if found.finding.reason is None:
            await self._guess(found)
        if found.finding.reason is None:
            await self._repeat(found)
        if found.finding.reason is None:
            wrong = [program for program in problem.programs if is_wrong(program)]
            found.checks += await self._check_all(wrong, found)
            found.finding = conclude(found.checks)

    async def _guess(self, found: _Examination) -> None:
        if _GUESSES_IN not in self._compiler.languages:
            return
        task = await self._tasks.of_problem(found.problem, self._compiler.language(_GUESSES_IN))
        found.guess = await guess_of(task, self._run)
        if found.guess.share >= self._max_guess_share:
            found.finding = guessable(found.finding, found.guess)

    async def _repeat(self, found: _Examination) -> None:
        """Makes a few runs of the quickest right program again: the first test, the longest and the last."""
        best = min((c for c in found.checks if c.verdict is Verdict.AC), key=lambda check: check.cpu_time_ms)
        program = next(program for program in found.problem.programs if program.name == best.name)
        cases = found.problem.suite.cases
        longest = max(range(len(cases)), key=lambda ordinal: cases[ordinal].input_bytes)
        ordinals = sorted({0, longest, len(cases) - 1})[:_REPEATED_TESTS]
        task = await self._tasks.of_problem(found.problem, self._compiler.language(program.language))
        again: dict[str, Printed] = {}
        part = replace(task, suite=PartOfSuite(task.suite, ordinals))
        report = await self._judged(await self._tasks.source_of(program), part, _noting(again))
        first = found.outputs[program.name]
        found.repeated = len(again)
        found.unstable = tuple(name for name, output in again.items() if output.digest != first[name].digest)
        check = check_of(program, report)
        if check.verdict not in (Verdict.AC, Verdict.TLE, Verdict.ITL):
            found.finding = not_repeatable(found.finding, check)

    async def _check_all(self, programs: Sequence[Program], found: _Examination) -> list[ProgramCheck]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._check(program, found)) for program in programs]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _check(self, program: Program, found: _Examination) -> ProgramCheck:
        if program.language not in self._compiler.languages:
            return skipped(program, f"this judge cannot run {program.language or 'its language'}")
        task = await self._tasks.of_problem(found.problem, self._compiler.language(program.language))
        outputs = found.outputs.setdefault(program.name, {})
        try:
            source = await self._tasks.source_of(program)
            report = await self._judged(source, task, _noting(outputs))
        except InvalidArgument as error:
            return skipped(program, error.message)
        return check_of(program, report)

    async def _judged(self, source: SourceProgram, task: Task, on_outcome: OnOutcome) -> JudgeReport:
        report = await self._run(source, task, on_outcome)
        if report.verdict is Verdict.IE:
            why = next((r.message for r in report.results if r.verdict is Verdict.IE), "")
            raise Unavailable(f"the judge could not run {source.main}: {why}", reason="JUDGE_TROUBLE")
        return report

    async def _run(
        self, source: SourceProgram, task: Task, on_outcome: OnOutcome = lambda _test, _outcome: None
    ) -> JudgeReport:
        return await self._judge.judge(source, task, stop=StopMode.FIRST_FAIL, own=True, on_outcome=on_outcome)

    def _record(self, found: _Examination) -> Verification:
        problem, finding = found.problem, found.finding
        return Verification(
            id=problem.id,
            revision=problem.revision,
            suite_digest=problem.suite.digest,
            grade=finding.grade,
            accepted_total=finding.accepted_total,
            accepted_passed=finding.accepted_passed,
            wrong_total=finding.wrong_total,
            wrong_caught=finding.wrong_caught,
            checks=tuple(found.checks),
            reason=finding.reason or "",
            message=finding.message,
            judge_version=self._version,
            tier=self._tier,
            verified_time=self._clock(),
            catches=catches(found.checks, [case.name for case in problem.suite.cases]),
            repeated_runs=found.repeated,
            unstable_tests=found.unstable,
            guess_share=found.guess.share,
            guess=found.guess.text,
            cpu_time_limits_ms=self._limits(found),
        )

    def _limits(self, found: _Examination) -> dict[str, int]:
        """For the languages that are slower than those that the problem's limit was made for."""
        languages = [self._compiler.language(name) for name in self._compiler.languages]
        own_ms = found.problem.limits.cpu_time_ms
        tried = {row.id: round(own_ms * row.time_multiplier) for row in languages if row.time_multiplier > 1}
        return proposed_limits(found.checks, own_ms=own_ms, tried_ms=tried)


def _noting(outputs: dict[str, Printed]) -> OnOutcome:
    """Notes what a run printed that ended by itself and well."""

    def note(test: str, outcome: Outcome) -> None:
        if outcome.exit_code == 0:
            outputs[test] = printed(outcome.result or outcome.stdout)

    return note


def _unusable(error: FailedPrecondition) -> Finding:
    return Finding(
        grade=Grade.NONE,
        reason=RejectReason.UNSUPPORTED_MODE
        if error.reason == RejectReason.UNSUPPORTED_MODE
        else RejectReason.REFERENCE_FAILED,
        message=error.message,
        accepted_total=0,
        accepted_passed=0,
        wrong_total=0,
        wrong_caught=0,
    )
