"""Verification of one problem: all its programs against its tests."""

import asyncio
from collections.abc import Sequence

from microcoder.core.clock import Clock
from microcoder.core.errors import FailedPrecondition, InvalidArgument, Unavailable
from microcoder.core.problem import Problem, Program
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import StopMode, Verdict
from microcoder.core.verification import Grade, ProgramCheck, Verification
from microcoder.judge.compiling import Compiler
from microcoder.judge.domain.verification import Finding, check_of, conclude, is_right, is_wrong, skipped
from microcoder.judge.judging import SubmissionJudge
from microcoder.judge.tasks import TaskSource


class Verifier:
    """Runs a problem's programs and draws the conclusion."""

    def __init__(
        self, judge: SubmissionJudge, compiler: Compiler, tasks: TaskSource, *, version: str, tier: str, clock: Clock
    ) -> None:
        self._judge = judge
        self._compiler = compiler
        self._tasks = tasks
        self._version = version
        self._tier = tier
        self._clock = clock

    async def verify(self, problem: Problem) -> Verification:
        """The record. Wrong programs are tried only where the right ones pass.

        Raises:
            Unavailable: The judge was in trouble, which says nothing about the problem.
        """
        try:
            checks = await self._check_all([p for p in problem.programs if is_right(p)], problem)
            finding = conclude(checks)
            if finding.reason is None:
                checks += await self._check_all([p for p in problem.programs if is_wrong(p)], problem)
                finding = conclude(checks)
        except FailedPrecondition as error:
            checks, finding = [], _unusable(error)
        return Verification(
            id=problem.id,
            revision=problem.revision,
            suite_digest=problem.suite.digest,
            grade=finding.grade,
            accepted_total=finding.accepted_total,
            accepted_passed=finding.accepted_passed,
            wrong_total=finding.wrong_total,
            wrong_caught=finding.wrong_caught,
            checks=tuple(checks),
            reason=finding.reason or "",
            message=finding.message,
            judge_version=self._version,
            tier=self._tier,
            verified_time=self._clock(),
        )

    async def _check_all(self, programs: Sequence[Program], problem: Problem) -> list[ProgramCheck]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._check(program, problem)) for program in programs]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _check(self, program: Program, problem: Problem) -> ProgramCheck:
        if program.language not in self._compiler.languages:
            return skipped(program, f"this judge cannot run {program.language or 'its language'}")
        language = self._compiler.language(program.language)
        task = await self._tasks.of_problem(problem, language)
        try:
            source = await self._tasks.source_of(program)
            report = await self._judge.judge(source, task, stop=StopMode.FIRST_FAIL, own=True)
        except InvalidArgument as error:
            return skipped(program, error.message)
        if report.verdict is Verdict.IE:
            why = next((r.message for r in report.results if r.verdict is Verdict.IE), "")
            raise Unavailable(f"the judge could not run {program.name} of {problem.id}: {why}", reason="JUDGE_TROUBLE")
        return check_of(program, report)


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
