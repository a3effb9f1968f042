"""Example packages of problemtools, from the package to the verdicts: custom validator, interactive, with points."""

import asyncio
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from microcoder.core.ids import digest_of
from microcoder.core.problem import CheckerKind, IoMode, Limits, Problem, Program
from microcoder.core.verdict import JudgeReport, StopMode, Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import Tier
from microcoder.judge.judging import SubmissionJudge
from microcoder.judge.settings import JudgeSettings
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.normalizer.adapters.documents import read_documents
from microcoder.normalizer.domain.normalize import normalize
from microcoder.normalizer.domain.policy import Policy
from microcoder.store import Store
from microcoder.testing.builders import make_raw_problem
from microcoder.testing.packages import MemoryPackage

SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
ARCHIVE = SHARED / "data" / "packages" / "kattis_problemtools_examples.tar.gz"
# Time limits of the packages would make their slow programs take minutes.
LIMITS = Limits(cpu_time_ms=1_000, memory_bytes=512 * 2**20)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not ARCHIVE.exists(), reason=f"{ARCHIVE.name} is not there; MICROCODER_SHARED names its folder"),
]


@dataclass
class Judging:
    """A judge and what it reads from."""

    sandbox: Sandbox
    store: Store

    async def problem(self, name: str) -> Problem:
        files = {}
        with tarfile.open(ARCHIVE) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None and f"examples/{name}/" in member.name:
                    files[member.name.partition(f"{name}/")[2]] = content.read()
        package = MemoryPackage(files)
        raw = make_raw_problem(name, raw_digest=digest_of(name.encode()))
        made = normalize(raw, package, read_documents(package), Policy(max_tests=30), version="test")
        for path in made.blobs.values():
            await self.store.blobs.put(package.read(path))
        return replace(made.problem, limits=LIMITS)

    async def reports(self, problem: Problem) -> dict[str, tuple[Program, JudgeReport]]:
        """Of each program in a language that works here, up to its first failure."""
        compiler = self.sandbox.compiler
        judge = SubmissionJudge(self.sandbox.engine, compiler, self.sandbox.pool, version="test")
        tasks = TaskSource(self.store, BlobCache(self.store.blobs, max_bytes=2**26))
        found = {}
        for program in problem.programs:
            if program.language in compiler.languages:
                task = await tasks.of_problem(problem, compiler.language(program.language))
                stop = StopMode.ALL if task.scoring else StopMode.FIRST_FAIL
                found[program.name] = program, await judge.judge(await tasks.source_of(program), task, stop=stop)
        return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    cache = tmp_path_factory.mktemp("judge-cache")
    opened = asyncio.run(open_sandbox(JudgeSettings(cache_dir=cache, slots=2, min_tier=Tier.RLIMITS)))
    yield opened
    asyncio.run(opened.engine.close())


@pytest.fixture
def judging(sandbox: Sandbox, store: Store) -> Judging:
    return Judging(sandbox, store)


def disagreements(reports: Mapping[str, tuple[Program, JudgeReport]]) -> list[str]:
    return [
        f"{name}: {report.verdict}, expected {'/'.join(program.expected)}: {[r.message for r in report.results][:3]}"
        for name, (program, report) in reports.items()
        if report.verdict not in program.expected
    ]


async def test_a_custom_validator(judging: Judging) -> None:
    problem = await judging.problem("different")
    assert (problem.io_mode, problem.checker.kind) == (IoMode.STDIO, CheckerKind.CUSTOM)
    reports = await judging.reports(problem)
    assert len(reports) >= 8
    assert not disagreements(reports)
    wrong = reports["wrong_answer/different_no_abs.cc"][1]
    assert any("judge answer" in result.message for result in wrong.results)


async def test_an_interactive_problem(judging: Judging) -> None:
    problem = await judging.problem("guess")
    assert (problem.io_mode, len(problem.samples), len(problem.suite.cases)) == (IoMode.INTERACTIVE, 2, 10)
    reports = await judging.reports(problem)
    assert len(reports) >= 9
    assert not disagreements(reports)
    assert reports["time_limit_exceeded/guess_no_flush.cc"][1].verdict is Verdict.ITL


async def test_a_problem_with_points(judging: Judging) -> None:
    reports = await judging.reports(await judging.problem("oddecho"))
    assert not disagreements(reports)
    for name in ("accepted/echo.cpp", "accepted/js.py"):
        report = reports[name][1]
        assert (report.score, report.max_score) == (100, 100)
    partial = reports["partially_accepted/sol.py"][1]
    assert (partial.score, partial.max_score) == (50, 100)
    outcome = {group.name: (group.verdict, group.score) for group in partial.groups}
    assert [outcome[""], outcome["secret"]] == [(Verdict.AC, 50), (Verdict.AC, 50)]
    assert sorted(score or 0 for name, (_, score) in outcome.items() if "subtask" in name) == [0, 50]
