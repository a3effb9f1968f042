"""Suites of problem packages: every submission judged, what cannot be is a row with its reason."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from microcoder.core.errors import MicrocoderError
from microcoder.core.problem import Limits
from microcoder.core.verdict import JudgeReport, StopMode, Verdict
from microcoder.judge.app import Sandbox
from microcoder.judge.judging import SubmissionJudge
from microcoder.normalizer.domain.package import Package
from microcoder.normalizer.domain.rejecting import Rejected
from tests.conformance.kattis import OpenPackage, Submission, all_names, open_package
from tests.conformance.model import Row, Standing
from tests.conformance.packages import open_collection

_LONGEST_MS = 60_000
_SHORTEST_MS = 1_000
_NOTE_CHARS = 200
_UNKNOWN = "nothing says what is expected of it, or its language is not known"


async def rows(suite: str, path: Path, sandbox: Sandbox, *, only: str = "*") -> AsyncIterator[Row]:
    """A row for each submission of each package at `path` whose short name matches `only`.

    Raises:
        Unreadable: There is nothing that can be read.
    """
    with open_collection(path) as collection:
        for item in collection.skipped:
            if fnmatch(item.name, only):
                yield _not_judged(suite, item.name, "*", f"{item.reason}: {item.message}")
        for name, package in collection.packages.items():
            if fnmatch(name, only):
                async for row in _package_rows(suite, name, package, sandbox):
                    yield row


async def _package_rows(suite: str, name: str, package: Package, sandbox: Sandbox) -> AsyncIterator[Row]:
    names = list(all_names(package))
    if not names:
        yield _not_judged(suite, name, "*", "the package has no submissions")
        return
    try:
        opened = open_package(name, package)
    except Rejected as rejected:
        for submission, folder in names:
            row = _not_judged(suite, name, submission, f"{rejected.reason}: {rejected.message}")
            yield replace(row, expected=folder)
        return
    for submission in opened.others:
        yield _not_judged(suite, name, submission, _UNKNOWN)
    async for row in _PackageJudge(suite, name, opened, sandbox).rows():
        yield row


class _PackageJudge:
    def __init__(self, suite: str, name: str, opened: OpenPackage, sandbox: Sandbox) -> None:
        self._suite = suite
        self._name = name
        self._opened = opened
        self._sandbox = sandbox
        self._judge = SubmissionJudge(sandbox.engine, sandbox.compiler, sandbox.pool, version="conformance")

    async def rows(self) -> AsyncIterator[Row]:
        limits = await self._limits()
        work = [asyncio.ensure_future(self._row(submission, limits)) for submission in self._opened.submissions]
        try:
            for row in asyncio.as_completed(work):
                yield await row
        finally:
            for task in work:
                task.cancel()

    async def _limits(self) -> Limits | None:
        """The limits for every language, found as problemtools does: the slowest right program's time, times a factor.

        None where the package states its own.
        """
        if self._opened.multiplier is None:
            return None
        patient = replace(self._opened.problem.limits, cpu_time_ms=_LONGEST_MS)
        right = [each for each in self._opened.submissions if each.program.expected == (Verdict.AC,)]
        reports = await asyncio.gather(*(self._try(each, patient) for each in right))
        times = [
            found.cpu_time_ms for found in reports if isinstance(found, JudgeReport) and found.verdict is Verdict.AC
        ]
        slowest = max(times, default=_SHORTEST_MS) * self._opened.multiplier
        return replace(patient, cpu_time_ms=round(min(max(_SHORTEST_MS, slowest), _LONGEST_MS)))

    async def _row(self, submission: Submission, limits: Limits | None) -> Row:
        program, expectation = submission.program, submission.expectation
        row = _not_judged(self._suite, self._name, program.name, "")
        row = replace(row, language=program.language, expected=str(expectation))
        found = await self._try(submission, limits)
        if isinstance(found, str):
            return replace(row, note=found)
        standing = Standing.AGREES if expectation.met_by(found) else Standing.DISAGREES
        return replace(row, given=found.verdict.value, standing=standing, note=_note(found))

    async def _try(self, submission: Submission, limits: Limits | None) -> JudgeReport | str:
        """The report, or why there is none."""
        program, compiler = submission.program, self._sandbox.compiler
        if program.language not in compiler.languages:
            return f"no {program.language} here"
        stop = StopMode.ALL if submission.expectation.rules else StopMode.FIRST_FAIL
        try:
            task = await self._opened.tasks.of_problem(
                self._opened.problem, compiler.language(program.language), limits=limits
            )
            return await self._judge.judge(await self._opened.tasks.source_of(program), task, stop=stop, own=True)
        except MicrocoderError as error:
            return error.message


def _not_judged(suite: str, problem: str, name: str, why: str) -> Row:
    return Row(suite=suite, problem=problem, name=name, expected="?", standing=Standing.NOT_JUDGED, note=why)


def _note(report: JudgeReport) -> str:
    failed = next((r for r in report.results if r.verdict not in (Verdict.AC, Verdict.SKIPPED)), None)
    text = f"{failed.name}: {failed.message}" if failed else report.compile_message
    return f"{report.cpu_time_ms} ms; {' '.join(text.split())}"[:_NOTE_CHARS] if text else f"{report.cpu_time_ms} ms"
