"""A problem package of the Kattis family, read as the platform reads it: by the normalizer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from microcoder.core.clock import utc_now
from microcoder.core.ids import digest_of
from microcoder.core.problem import Problem, Program
from microcoder.core.source import RawFormat, RawProblem
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.normalizer.adapters.documents import read_documents
from microcoder.normalizer.domain.metadata import read_metadata
from microcoder.normalizer.domain.normalize import TIME_LIMIT_FILES, normalize
from microcoder.normalizer.domain.package import Package, below
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.programs import SUBMISSIONS, all_submissions
from tests.conformance.expectations import Expectation, rules_of

_POLICY = Policy(max_tests=100_000, max_test_bytes=2**27, max_program_bytes=2**22, max_memory_bytes=2**32)
_RULES_FILE = f"{SUBMISSIONS}submissions.yaml"
_LEGACY_MULTIPLIER, _NEW_MULTIPLIER = 5.0, 2.0
_CACHE_BYTES = 2**28


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A program with what is expected of it."""

    program: Program
    expectation: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPackage:
    """A package that can be judged."""

    problem: Problem
    """In canonical form, all tests kept."""
    tasks: TaskSource
    """Reads its files."""
    submissions: tuple[Submission, ...]
    """Those whose expected verdict and language are known."""
    others: tuple[str, ...]
    """Names of the other files and folders among the submissions."""
    multiplier: float | None
    """How many times the slowest right program the time limit is; None where the package states a limit."""


class _Files:
    """The files of one package by digest; what `BlobCache` asks of a store."""

    def __init__(self, package: Package, places: Mapping[str, str]) -> None:
        self._package = package
        self._places = places

    async def get(self, digest: str) -> bytes:
        return self._package.read(self._places[digest])


def open_package(name: str, package: Package) -> OpenPackage:
    """The package with the short name `name`.

    Raises:
        Rejected: The platform does not take it.
    """
    documents = read_documents(package)
    normalized = normalize(_record(name), package, documents, _POLICY, version="conformance")
    programs = tuple(all_submissions(package, max_bytes=_POLICY.max_program_bytes))
    is_new = str(documents.metadata.get("problem_format_version", "legacy")) != "legacy"
    rules = yaml.safe_load(package.read(_RULES_FILE)) if is_new and _RULES_FILE in package.paths else None
    found = (Submission(program=program, expectation=_expectation(program, rules)) for program in programs)
    known = tuple(each for each in found if each.expectation.verdicts or each.expectation.rules)
    places = {file.digest: _path(package, program, file.path) for program in programs for file in program.files}
    files = cast("Any", _Files(package, {**places, **normalized.blobs}))
    return OpenPackage(
        problem=normalized.problem,
        tasks=TaskSource(cast("Any", None), BlobCache(files, max_bytes=_CACHE_BYTES)),  # no problem is asked for by id
        submissions=known,
        others=tuple(sorted({other for other, _ in all_names(package)} - {each.program.name for each in known})),
        multiplier=_multiplier(package, documents.metadata, is_new=is_new),
    )


def all_names(package: Package) -> Iterator[tuple[str, str]]:
    """Every file or folder that may be a submission, with the name of its folder."""
    names: dict[str, str] = {}
    for path in below(package, SUBMISSIONS.rstrip("/")):
        parts = path.split("/")
        if len(parts) >= 3 and not parts[-1].startswith("."):
            names["/".join(parts[1:3])] = parts[1]
    yield from names.items()


def _record(name: str) -> RawProblem:
    return RawProblem(
        id=f"conformance.{name}",
        revision=1,
        source="conformance",
        external_id=name,
        url="",
        format=RawFormat.KATTIS_PACKAGE,
        raw_digest=digest_of(name.encode()),
        raw_bytes=0,
        fetched_time=utc_now(),
    )


def _expectation(program: Program, document: Mapping[str, Any] | None) -> Expectation:
    rules = rules_of(program.name, document) if document is not None else ()
    return Expectation(verdicts=program.expected, rules=rules)


def _path(package: Package, program: Program, file: str) -> str:
    root = SUBMISSIONS + program.name
    return root if root in package.paths else f"{root}/{file}"


def _multiplier(package: Package, metadata: Mapping[str, Any], *, is_new: bool) -> float | None:
    if read_metadata(metadata).time_limit_s or any(path in package.paths for path in TIME_LIMIT_FILES):
        return None
    limits = metadata.get("limits") or {}
    if is_new:
        return float((limits.get("time_multipliers") or {}).get("ac_to_time_limit", _NEW_MULTIPLIER))
    return float(limits.get("time_multiplier", _LEGACY_MULTIPLIER))
