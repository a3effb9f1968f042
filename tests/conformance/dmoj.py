"""DMOJ problems (`init.yml`, an optional archive) with graded submissions (`tests/<name>/test.yml`).

`test.yml` names language, time (s), memory (KiB), sources and what is expected: `expect` for each case, `cases` for
single ones (a list, or a mapping from position). A case passes with any of the codes given for it; `*` takes all.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from microcoder.core.errors import MicrocoderError
from microcoder.core.languages import language_id
from microcoder.core.problem import Checker, CheckerKind, Limits
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.limits import requested_limits
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import SubmissionJudge, Task
from microcoder.judge.suites import InlineSuite, Test
from tests.conformance.model import Row, Standing

_NEAREST = {"cpp17": "cpp", "cpp03": "cpp"}
"""Taken where this judge lacks the language itself."""
_KINDS = {
    "identical": CheckerKind.EXACT,
    "rstripped": CheckerKind.LINES,
    "sorted": CheckerKind.UNORDERED_LINES,
    "unordered": CheckerKind.UNORDERED_TOKENS,
}
_SKIPPED = "SC"
_NOT_READ = ("interactive", "custom_judge", "signature_grader", "generator", "grader", "binary_data", "io_redirects")
_DEFAULT_PRECISION = 6
_OUTPUT_BYTES = 25_165_824


class NotRead(Exception):
    """A problem of a kind that this reader does not know; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case in the order of judging."""

    test: Test
    checker: Checker
    batch: int = 0
    """Cases of one batch share a positive number: after the first failure in it the others are not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """A `test.yml`."""

    name: str
    language: str
    limits: Limits
    sources: tuple[bytes, ...]
    expected: frozenset[str]
    """Codes that every case may have; empty for all codes."""
    by_position: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """The same for single cases, from 1."""

    def allowed(self, position: int) -> frozenset[str]:
        """Codes of a case; empty for all."""
        return self.by_position.get(position, self.expected)

    def __str__(self) -> str:
        if not self.by_position:
            return "/".join(sorted(self.expected)) or "*"
        return " ".join("/".join(sorted(self.by_position[position])) or "*" for position in sorted(self.by_position))


async def rows(suite: str, path: Path, sandbox: Sandbox, *, only: str = "*") -> AsyncIterator[Row]:
    """A row for each source of each `test.yml` of each problem below `path`."""
    for problem in await asyncio.to_thread(lambda: sorted(init.parent for init in path.rglob("init.yml"))):
        name = problem.relative_to(path).as_posix()
        if not fnmatch(name, only):
            continue
        cases = _cases_or_why_not(problem)
        for file in await asyncio.to_thread(lambda folder: sorted(folder.glob("tests/*/test.yml")), problem):
            grading = read_grading(file)
            row = Row(
                suite=suite,
                problem=name,
                name=grading.name,
                language=grading.language,
                expected=str(grading),
                standing=Standing.NOT_JUDGED,
            )
            for source in grading.sources:
                yield (
                    replace(row, note=cases)
                    if isinstance(cases, str)
                    else await _row(row, cases, grading, source, sandbox)
                )


def _cases_or_why_not(problem: Path) -> "list[Case] | str":
    try:
        return read_cases(problem)
    except (NotRead, OSError, KeyError, ValueError, yaml.YAMLError, zipfile.BadZipFile) as error:
        return f"not read: {error}"


def read_cases(problem: Path) -> list[Case]:
    """The cases of a problem in order, batches flattened.

    Raises:
        NotRead: It is of a kind that this reader does not know.
        KeyError: A file is missing.
    """
    config: dict[str, Any] = yaml.safe_load((problem / "init.yml").read_text()) or {}
    contents = _Contents(problem, config)
    return list(_cases(config.get("test_cases") or [], config, contents, batches=iter(range(1, 10_000))))


class _Contents:
    """Files beside `init.yml`, else in its archive, line ends made plain."""

    def __init__(self, problem: Path, config: Mapping[str, Any]) -> None:
        self._problem = problem
        self._archive = zipfile.ZipFile(problem / config["archive"]) if config.get("archive") else None

    def get(self, name: str | None) -> bytes:
        if not name:
            return b""
        path = self._problem / name
        if path.is_file():
            data = path.read_bytes()
        elif self._archive is not None:
            data = self._archive.read(name)
        else:
            raise KeyError(name)
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _cases(
    entries: Sequence[Mapping[str, Any]],
    above: Mapping[str, Any],
    contents: _Contents,
    *,
    batches: Iterator[int],
    batch: int = 0,
) -> Iterator[Case]:
    """Settings of an entry come before those of the batch and of the problem around it."""
    for entry in entries:
        merged = {**above, **entry}
        unknown = [key for key in _NOT_READ if merged.get(key)]
        if unknown:
            raise NotRead(f"{unknown[0]} is not read")
        if "batched" in entry:
            yield from _cases(entry["batched"], merged, contents, batches=batches, batch=next(batches))
            continue
        test = Test(
            name=str(entry.get("in", "")), input=contents.get(entry.get("in")), answer=contents.get(entry.get("out"))
        )
        yield Case(test=test, checker=_checker(merged.get("checker")), batch=batch)


def _checker(setting: Any) -> Checker:
    name, arguments = (setting["name"], setting.get("args") or {}) if isinstance(setting, Mapping) else (setting, {})
    if name in {None, "standard"}:
        return Checker(case_sensitive=True)
    if name == "sorted" and arguments.get("split_on", "lines") == "whitespace":
        return Checker(kind=CheckerKind.UNORDERED_TOKENS, case_sensitive=True)
    if name in _KINDS:
        return Checker(kind=_KINDS[name], case_sensitive=True)
    if name in {"floats", "floatsabs", "floatsrel"}:
        error = 10.0 ** -int(arguments.get("precision", _DEFAULT_PRECISION))
        return Checker(
            case_sensitive=True,
            float_absolute=error if name != "floatsrel" else None,
            float_relative=error if name != "floatsabs" else None,
        )
    raise NotRead(f"checker {name} is not read")


def read_grading(file: Path) -> Grading:
    """A `test.yml` with its sources."""
    config: dict[str, Any] = yaml.safe_load(file.read_text())
    names = config["source"] if isinstance(config["source"], list) else [config["source"]]
    cases = config.get("cases") or {}
    positions = enumerate(cases, 1) if isinstance(cases, list) else cases.items()
    return Grading(
        name=file.parent.name,
        language=language_id(config["language"]),
        limits=Limits(
            cpu_time_ms=round(float(config["time"]) * 1000),
            memory_bytes=int(config["memory"]) * 1024,
            output_bytes=_OUTPUT_BYTES,
        ),
        sources=tuple((file.parent / name).read_bytes() for name in names),
        expected=_codes(config.get("expect", "AC")),
        by_position={int(position): _codes(codes) for position, codes in positions},
    )


def _codes(words: Any) -> frozenset[str]:
    if words == "*":
        return frozenset()
    return frozenset([words] if isinstance(words, str) else words)


async def _row(row: Row, cases: Sequence[Case], grading: Grading, source: bytes, sandbox: Sandbox) -> Row:
    language = grading.language
    if language not in sandbox.compiler.languages:
        language = _NEAREST.get(language, language)
    if language not in sandbox.compiler.languages:
        return replace(row, note=f"no {language} here")
    main = sandbox.compiler.language(language).main
    program = SourceProgram(language=language, files={main: source}, main=main)
    judge = SubmissionJudge(sandbox.engine, sandbox.compiler, sandbox.pool, version="conformance")
    try:
        codes = await _judge(program, cases, grading, judge)
    except MicrocoderError as error:
        return replace(row, note=error.message)
    agrees = all(not (allowed := grading.allowed(n)) or code & allowed for n, code in enumerate(codes, start=1))
    given = " ".join("/".join(sorted(code)) for code in codes)
    return replace(row, given=given, standing=Standing.AGREES if agrees else Standing.DISAGREES)


async def _judge(
    program: SourceProgram, cases: Sequence[Case], grading: Grading, judge: SubmissionJudge
) -> list[frozenset[str]]:
    """DMOJ's codes for each case; two where our verdict covers both."""
    limits = requested_limits(grading.limits)
    codes: list[frozenset[str]] = []
    failed_batches: set[int] = set()
    for case in cases:
        if case.batch in failed_batches:
            codes.append(frozenset({_SKIPPED}))
            continue
        task = Task(suite=InlineSuite([case.test]), limits=limits, checker=case.checker)
        report = await judge.judge(program, task, own=True)
        if report.verdict is not Verdict.AC and case.batch:
            failed_batches.add(case.batch)
        codes.append(_dmoj_codes(report))
    return codes


def _dmoj_codes(report: JudgeReport) -> frozenset[str]:
    """An exit code is their IR, a signal or a forbidden call their RTE."""
    if report.verdict is Verdict.RE:
        return frozenset({"IR" if report.results and report.results[0].exit_code else "RTE"})
    return frozenset({{Verdict.ITL: "TLE", Verdict.SV: "RTE"}.get(report.verdict, report.verdict.value)})
