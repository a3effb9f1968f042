"""What the judge says."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a run or of a submission."""

    AC = "AC"
    """Accepted."""
    WA = "WA"
    """Wrong answer."""
    TLE = "TLE"
    """CPU time limit exceeded."""
    ITL = "ITL"
    """Idleness limit exceeded: waited without using CPU."""
    MLE = "MLE"
    """Memory limit exceeded."""
    OLE = "OLE"
    """Output limit exceeded."""
    RE = "RE"
    """Runtime error: non-zero exit code or a signal."""
    CE = "CE"
    """Compile error."""
    SV = "SV"
    """Security violation."""
    SKIPPED = "SKIPPED"
    """Not run, an earlier test decided."""
    IE = "IE"
    """Internal error of the judge: says nothing about the program, retryable, never a reward of zero."""


class StopMode(StrEnum):
    """Which tests are run."""

    ALL = "all"
    FIRST_FAIL = "first_fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One run on one test."""

    __test__ = False

    ordinal: int
    """Position of the test, from 0."""
    name: str
    """The test's name."""
    verdict: Verdict
    """Outcome."""
    cpu_time_ms: int = 0
    """CPU time used, milliseconds."""
    wall_time_ms: int = 0
    """Wall time used, milliseconds."""
    memory_bytes: int = 0
    """Peak memory, bytes."""
    exit_code: int | None = None
    """Exit code, where the program ended by itself."""
    signal: int | None = None
    """Signal number, where a signal ended the program."""
    message: str = ""
    """What was wrong, in plain words; never contains the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeReport:
    """The outcome of one submission on all its tests."""

    verdict: Verdict
    """The first that is not AC in test order, else AC."""
    passed: int
    """Tests with AC."""
    total: int
    """Tests in the suite."""
    results: tuple[TestResult, ...] = ()
    """In test order."""
    compile_message: str = ""
    """Compiler output, truncated."""
    cpu_time_ms: int = 0
    """Largest CPU time over the tests, milliseconds."""
    memory_bytes: int = 0
    """Largest peak memory over the tests, bytes."""
    judge_version: str = ""
    """Version of the judge."""
    tier: str = ""
    """Isolation tier that the runs had."""
