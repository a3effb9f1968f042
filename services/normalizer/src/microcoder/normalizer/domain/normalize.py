"""From the files of a Kattis package to the canonical problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microcoder.core.grouping import TestGroup
from microcoder.core.problem import Checker, CheckerKind, IoMode, Limits, Problem, Program
from microcoder.core.rejection import RejectReason
from microcoder.core.source import RawProblem
from microcoder.normalizer.domain.checking import custom_checker, default_checker
from microcoder.normalizer.domain.fingerprint import statement_digest
from microcoder.normalizer.domain.grouping import test_groups
from microcoder.normalizer.domain.interaction import dialogues
from microcoder.normalizer.domain.metadata import Metadata, read_metadata
from microcoder.normalizer.domain.numbers import positive
from microcoder.normalizer.domain.package import Package
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.programs import SUBMISSIONS, output_validators, submissions
from microcoder.normalizer.domain.rejecting import Rejected
from microcoder.normalizer.domain.statement import read_statement
from microcoder.normalizer.domain.suite import (
    MODERN_GROUP_FILE,
    CappedTests,
    build_suite,
    cap_tests,
    find_tests,
    shown_samples,
)

METADATA_FILE = "problem.yaml"
TIME_LIMIT_FILES = (".timelimit", "domjudge-problem.ini")
"""Where packages state a time limit beside `problem.yaml`."""

_UNSUPPORTED_KINDS: Mapping[str, str] = {
    "multi-pass": "the program runs several times on each test",
    "submit-answer": "the answers themselves are submitted, not a program",
}

_SCORING = frozenset({"scoring", "score"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalized:
    """A canonical problem, and where the blobs that it names come from."""

    problem: Problem
    """The problem."""
    blobs: Mapping[str, str]
    """Path in the package by digest."""
    tests: CappedTests
    """What became of the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The parsed YAML files of a package."""

    metadata: Mapping[str, Any]
    """`problem.yaml`."""
    groups: Mapping[str, Mapping[str, Any]]
    """Settings of groups of tests, by folder, and of single tests, by path without suffix."""


def normalize(raw: RawProblem, package: Package, documents: Documents, policy: Policy, *, version: str) -> Normalized:
    """The canonical form of a Kattis package.

    Args:
        raw: The record of its raw bytes.
        package: Its files.
        documents: Its YAML files.
        policy: The choices that the format leaves open.
        version: Of this code, kept in the problem.

    Raises:
        Rejected: It does not go on.
    """
    metadata = read_metadata(documents.metadata)
    _check_kind(metadata)
    statement = read_statement(package, metadata, policy)
    scoring = bool(metadata.kinds & _SCORING)
    capped = cap_tests(find_tests(package, documents.groups), policy, by_group=scoring)
    suite, blobs = build_suite(package, capped, _groups(package, capped, documents) if scoring else ())
    programs = submissions(package, max_bytes=policy.max_program_bytes)
    checker = _checker(package, metadata, policy)
    interactive = "interactive" in metadata.kinds
    if interactive and checker.kind is not CheckerKind.CUSTOM:
        raise Rejected(RejectReason.UNSUPPORTED_MODE, "it is interactive and brings no program that talks")
    problem = Problem(
        id=raw.id,
        revision=raw.revision,
        source=raw.source,
        external_id=raw.external_id,
        url=metadata.source_url if metadata.source_url.startswith(("http://", "https://")) else raw.url,
        contest_id=raw.contest_id,
        title=statement.title or raw.external_id,
        statement=statement.markdown,
        language=statement.language,
        io_mode=IoMode.INTERACTIVE if interactive else IoMode.STDIO,
        limits=_limits(package, metadata, policy),
        samples=dialogues(package, policy) if interactive else shown_samples(package, capped, policy),
        suite=suite,
        checker=checker,
        programs=programs,
        licence=metadata.licence,
        author=metadata.author,
        tags=metadata.tags,
        has_images=statement.has_images,
        published_time=raw.published_time,
        statement_digest=statement_digest(statement.markdown),
        raw_digest=raw.raw_digest,
        normalizer_version=version,
    )
    for program in programs:
        blobs |= _places(package, program, SUBMISSIONS)
    if checker.program is not None:
        blobs |= _places(package, checker.program, "")
    return Normalized(problem=problem, blobs=blobs, tests=capped)


def _check_kind(metadata: Metadata) -> None:
    for kind, why in _UNSUPPORTED_KINDS.items():
        if kind in metadata.kinds:
            raise Rejected(RejectReason.UNSUPPORTED_MODE, f"{why}, which cannot be judged yet")


def _groups(package: Package, capped: CappedTests, documents: Documents) -> tuple[TestGroup, ...]:
    modern = any(path.rpartition("/")[2] == MODERN_GROUP_FILE for path in package.paths)
    return test_groups([test.name for test in capped.tests], documents.groups, modern=modern)


def _checker(package: Package, metadata: Metadata, policy: Policy) -> Checker:
    validators = output_validators(package, max_bytes=policy.max_program_bytes)
    is_custom = bool(validators) if metadata.custom_validator is None else metadata.custom_validator
    flags = metadata.validator_flags
    return custom_checker(validators, flags) if is_custom else default_checker(flags)


def _limits(package: Package, metadata: Metadata, policy: Policy) -> Limits:
    stated_s = metadata.time_limit_s or _time_limit_beside(package)
    cpu_time_ms = policy.default_cpu_time_ms if stated_s is None else max(1, round(stated_s * 1000))
    memory_bytes = metadata.memory_bytes or policy.default_memory_bytes
    return Limits(
        cpu_time_ms=min(cpu_time_ms, policy.max_cpu_time_ms),
        memory_bytes=min(memory_bytes, policy.max_memory_bytes),
        output_bytes=metadata.output_bytes or policy.default_output_bytes,
    )


def _time_limit_beside(package: Package) -> float | None:
    """Seconds, from the files that tools put beside `problem.yaml`: a bare number, or `timelimit = 5`."""
    for path in TIME_LIMIT_FILES:
        if path not in package.paths or package.size(path) > 4096:
            continue
        for line in package.read(path).decode("utf-8", "replace").splitlines():
            key, separator, value = line.rpartition("=")
            if not separator or key.strip() == "timelimit":
                number = positive(value.strip().strip("'\""))
                if number is not None:
                    return number
    return None


def _places(package: Package, program: Program, folder: str) -> dict[str, str]:
    """Where the files of a program lie, by digest. Its root is a folder, or its only file."""
    root = folder + program.name
    is_file = root in package.paths
    return {file.digest: root if is_file else f"{root}/{file.path}" for file in program.files}
