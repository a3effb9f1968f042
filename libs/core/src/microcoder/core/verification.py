"""What the judge found out about a problem by running the programs that came with it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from microcoder.core.verdict import Verdict


class Grade(StrEnum):
    """How far a problem's tests are proven, weakest first."""

    NONE = "none"
    """Rejected, or nothing could be run."""
    ACCEPTED = "accepted"
    """Right programs pass; there was no wrong program to try."""
    PROVEN = "proven"
    """Right programs pass and wrong programs fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCheck:
    """One program against the verdicts that are right for it."""

    name: str
    """The program's name."""
    language: str
    """Its language."""
    expected: tuple[Verdict, ...]
    """Verdicts that are right for it."""
    verdict: Verdict
    """The verdict it got."""
    agrees: bool
    """Whether it got one that is right."""
    cpu_time_ms: int = 0
    """Largest CPU time over the tests, milliseconds."""
    failed_test: str = ""
    """The first test that was not AC."""
    message: str = ""
    """What was wrong there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """A test that wrong programs fail on."""

    test: str
    """The test's name."""
    programs: int
    """Wrong programs that failed on it and on none before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The record of one verification."""

    id: str
    """Problem id."""
    revision: int
    """Revision of the problem that was verified."""
    suite_digest: str
    """Tests that were used."""
    grade: Grade
    """How far the tests are proven."""
    accepted_total: int = 0
    """Programs that should pass."""
    accepted_passed: int = 0
    """Those that do."""
    wrong_total: int = 0
    """Programs that should fail."""
    wrong_caught: int = 0
    """Those that do."""
    checks: tuple[ProgramCheck, ...] = ()
    """Each program."""
    reason: str = ""
    """Of a rejection: a `RejectReason`."""
    message: str = ""
    """One line for a person."""
    judge_version: str
    """Version of the judge."""
    tier: str
    """Isolation tier of the runs."""
    verified_time: datetime
    """When it ended."""
    catches: tuple[Catch, ...] = ()
    """Which tests caught the wrong programs, in test order. The others caught none that an earlier one let pass."""
    repeated_runs: int = 0
    """Runs of a right program that were made twice."""
    unstable_tests: tuple[str, ...] = ()
    """Those of them whose output was another the second time."""
    guess_share: float = 0.0
    """Largest share of the tests that a program passes which does not look at its input, or only copies it."""
    guess: str = ""
    """What that program prints."""
    cpu_time_limits_ms: dict[str, int] = field(default_factory=dict)
    """CPU time for one test by language, in place of the problem's own limit, milliseconds."""
