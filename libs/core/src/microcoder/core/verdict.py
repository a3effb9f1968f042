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
    FIRST_FAIL_PER_GROUP = "first_fail_per_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where an output first departs from the answer. Shows a piece of the answer: for people who may see the tests."""

    output_line: int = 0
    """Line of the output, from 1; 0 where it has none such."""
    answer_line: int = 0
    """Line of the answer, from 1; 0 where it has none such."""
    token: int = 0
    """Word of the output, from 1; 0 where whole lines are compared."""
    got: str = ""
    """What the output has there, truncated; empty where it ends."""
    expected: str = ""
    """What the answer has there, truncated; empty where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDetail:
    """What a person wants to see of a test that failed, each cut to what the request asked for."""

    __test__ = False

    input: bytes = b""
    """Standard input, or the arguments of a function call."""
    output: bytes = b""
    """What the program printed or the function returned."""
    answer: bytes = b""
    """The answer of the test."""
    error: bytes = b""
    """What the program wrote to standard error."""


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
    """What was wrong, in plain words. A built-in comparison's never contains the answer; a checker's is its own."""
    difference: Difference | None = None
    """Where the output departs from the answer, for built-in comparisons."""
    score: float | None = None
    """Points that a checker gave for this test; None where it gave none."""
    score_multiplier: float | None = None
    """Share of the test's points that a checker gave, 0 to 1; None where it gave none."""
    team_message: str = ""
    """What the checker has to say to whoever wrote the program."""
    detail: TestDetail | None = None
    """In a report that was asked for it, of the first test that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The outcome of one group of tests."""

    name: str
    """The group's name; empty for the root."""
    verdict: Verdict
    """By the group's rule; SKIPPED where none of its tests was run."""
    score: float | None = None
    """Points; None where tests that it depends on were not run or the judge was in trouble."""
    passed: int = 0
    """Tests with AC in the group and below it."""
    total: int = 0
    """Tests in the group and below it."""


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
    score: float | None = None
    """Points of problems with a score; None for the others, and where tests that it depends on were not run."""
    max_score: float | None = None
    """Points that a right program gets; None where nothing bounds them."""
    groups: tuple[GroupResult, ...] = ()
    """Of problems with a score: each group's outcome, the root's first. A problem's own rules may accept a program that
    fails tests: then the root is AC and `verdict` is not."""
