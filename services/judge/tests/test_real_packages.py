"""Real contest packages: every submission must get the verdict that its authors gave it."""

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from microcoder.core.clock import utc_now
from microcoder.core.ids import digest_of
from microcoder.core.problem import Checker, CheckerKind, Limits, Problem, Program, SourceFile, TestCase
from microcoder.core.verdict import Verdict
from microcoder.core.verification import Grade
from microcoder.judge.app import Sandbox
from microcoder.judge.judging import SubmissionJudge
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.judge.verifying import Verifier
from microcoder.store import Store
from microcoder.testing.builders import make_problem, make_suite

SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).resolve().parents[4] / "shared")
ARCHIVE = SHARED / "data" / "packages" / "kth-challenge-2019.tar.xz"
LANGUAGES = {".py": "python3", ".cpp": "cpp", ".cc": "cpp", ".h": "cpp", ".c": "c", ".java": "java"}
EXPECTED = {
    "accepted": (Verdict.AC,),
    "wrong_answer": (Verdict.WA,),
    "time_limit_exceeded": (Verdict.TLE,),
    "run_time_error": (Verdict.RE,),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not ARCHIVE.exists(), reason=f"{ARCHIVE.name} is not there; MICROCODER_SHARED names its folder"),
]


def package(name: str) -> dict[str, bytes]:
    """The package's files by path."""
    files = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            if member.isfile() and name in parts:
                content = archive.extractfile(member)
                files["/".join(parts[parts.index(name) + 1 :])] = content.read() if content else b""
    return files


def programs(files: dict[str, bytes], folder: str) -> Iterator[tuple[str, list[str]]]:
    """Name and paths of each program in a folder: one file, or a folder of its own."""
    groups: dict[str, list[str]] = {}
    for path in sorted(files):
        if path.startswith(f"{folder}/") and PurePosixPath(path).suffix in LANGUAGES:
            groups.setdefault("/".join(path.split("/")[: folder.count("/") + 2]), []).append(path)
    yield from groups.items()


def program(files: dict[str, bytes], name: str, paths: list[str], *expected: Verdict) -> Program:
    paths = sorted(paths, key=lambda path: PurePosixPath(path).suffix == ".h")
    sources = [
        SourceFile(path=PurePosixPath(path).name, digest=digest_of(files[path]), size_bytes=len(files[path]))
        for path in paths
    ]
    language = LANGUAGES[PurePosixPath(paths[0]).suffix]
    return Program(name=name, language=language, files=tuple(sources), expected=expected)


def checker(files: dict[str, bytes]) -> Checker:
    settings = files["problem.yaml"].decode()
    flags = re.search(r"^validator_flags: (.*)$", settings, re.MULTILINE)
    if "validation: custom" not in settings:
        tolerance = re.search(r"float_absolute_tolerance (\S+)", flags[1]) if flags else None
        return Checker(float_absolute=float(tolerance[1])) if tolerance else Checker()
    [(name, paths)] = programs(files, "output_validators")
    return Checker(
        kind=CheckerKind.CUSTOM,
        program=program(files, name, paths),
        flags=tuple(flags[1].split()) if flags else (),
    )


async def read(store: Store, name: str) -> Problem:
    files = package(name)
    for data in files.values():
        await store.blobs.put(data)
    cases: list[TestCase] = []
    for path in sorted(files):
        if path.startswith("data/") and path.endswith(".in"):
            data, answer = files[path], files[f"{path.removesuffix('.in')}.ans"]
            case = TestCase(
                ordinal=len(cases),
                name=path.removeprefix("data/").removesuffix(".in"),
                input_digest=digest_of(data),
                answer_digest=digest_of(answer),
                input_bytes=len(data),
                answer_bytes=len(answer),
            )
            cases.append(case)
    submissions = [
        program(files, submission, paths, *expected)
        for folder, expected in EXPECTED.items()
        for submission, paths in programs(files, f"submissions/{folder}")
    ]
    return make_problem(
        name,
        suite=make_suite(*cases),
        programs=tuple(submissions),
        checker=checker(files),
        limits=Limits(cpu_time_ms=3_000, memory_bytes=1024 * 2**20),
    )


@pytest.mark.parametrize("name", ["peasoup", "espressobucks"])
async def test_authors_and_judge_agree(sandbox: Sandbox, store: Store, name: str) -> None:
    judge = SubmissionJudge(sandbox.engine, sandbox.compiler, sandbox.pool, version="test")
    tasks = TaskSource(store, BlobCache(store.blobs, max_bytes=2**26))
    verifier = Verifier(judge, sandbox.compiler, tasks, version="test", tier=sandbox.engine.tier.value, clock=utc_now)
    record = await verifier.verify(await read(store, name))
    told = [f"{check.name} {check.verdict} {check.failed_test} {check.message}" for check in record.checks]
    assert record.grade is Grade.PROVEN, (record.message, told)
    assert all(check.agrees for check in record.checks), told
    assert record.accepted_passed == record.accepted_total >= 3
    assert record.wrong_caught == record.wrong_total >= 2
