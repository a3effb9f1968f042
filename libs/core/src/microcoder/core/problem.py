"""The canonical problem: one form for every source."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from microcoder.core.verdict import Verdict


class IoMode(StrEnum):
    """How a program meets its input."""

    STDIO = "stdio"
    FUNCTION = "function"
    FILE = "file"
    INTERACTIVE = "interactive"


class CheckerKind(StrEnum):
    """How a program's output is compared with the answer."""

    EXACT = "exact"
    TOKENS = "tokens"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run of a program on one test may use."""

    cpu_time_ms: int = 2_000
    """CPU time of the whole process tree, milliseconds."""
    memory_bytes: int = 512 * 1024 * 1024
    """Memory of the whole process tree, bytes."""
    output_bytes: int = 16 * 1024 * 1024
    """Standard output, bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An example that the statement shows."""

    input: str
    """Standard input as shown."""
    output: str
    """Expected standard output as shown."""
    explanation: str = ""
    """Why, in Markdown; empty where the statement does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One test: where its input and its answer lie."""

    __test__ = False

    ordinal: int
    """Position in judging order, from 0."""
    name: str
    """The source's name, for example `secret/03-big`."""
    sample: bool = False
    """True where the statement shows it."""
    input_digest: str
    """SHA-256 of the input's bytes, the name of its blob."""
    answer_digest: str
    """SHA-256 of the answer's bytes, the name of its blob."""
    input_bytes: int
    """Length of the input, bytes."""
    answer_bytes: int
    """Length of the answer, bytes."""
    validator_flags: tuple[str, ...] = ()
    """Arguments for the checker on this test, in addition to the problem's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSuite:
    """The tests of one problem after the cap."""

    __test__ = False

    digest: str
    """SHA-256 over the cases' digests in order: equal digests mean equal tests."""
    cases: tuple[TestCase, ...]
    """In judging order, samples first."""
    total_cases: int
    """How many tests the source had before the cap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a program."""

    path: str
    """Relative path inside the program's folder, with `/`."""
    digest: str
    """SHA-256 of its bytes, the name of its blob."""
    size_bytes: int
    """Length, bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that came with the problem: a submission or a validator."""

    name: str
    """The source's name, for example `accepted/alice.py`."""
    language: str
    """Id in the judge's language table, for example `python3` or `cpp`."""
    files: tuple[SourceFile, ...]
    """Its files; the first one is compiled or started."""
    expected: tuple[Verdict, ...] = ()
    """Verdicts that are right for it; empty for a validator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """How outputs of this problem are compared."""

    kind: CheckerKind = CheckerKind.TOKENS
    """Built-in comparison or a program."""
    case_sensitive: bool = False
    """Letters must have the same case."""
    space_sensitive: bool = False
    """White space must be the same."""
    float_absolute: float | None = None
    """Largest absolute error of a number, where numbers are compared by value."""
    float_relative: float | None = None
    """Largest relative error of a number, where numbers are compared by value."""
    program: Program | None = None
    """The custom output validator, Kattis protocol."""
    flags: tuple[str, ...] = ()
    """Arguments for the custom validator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """What a function-call problem calls.

    A test's input holds one JSON value a line, one argument each; its answer holds one JSON value.
    """

    entry: str
    """`name` for a free function, `Solution.name` for a method."""
    starter_code: str = ""
    """The code that the statement gives to complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem in canonical form."""

    id: str
    """Stable id, see `microcoder.core.ids.problem_id`."""
    revision: int
    """Counts changes of the raw source, from 1."""
    source: str
    """Where it comes from, for example `kattis:kth-challenge-2019`."""
    external_id: str
    """The source's own id."""
    url: str
    """Where a person can read it; may be a file URL."""
    contest_id: str = ""
    """Contest of the source, empty where unknown."""
    title: str
    """Title in the statement's language."""
    statement: str
    """Markdown with LaTeX math between dollar signs, samples left out."""
    language: str = "en"
    """Natural language of the statement, ISO 639-1."""
    io_mode: IoMode = IoMode.STDIO
    """How a program meets its input."""
    limits: Limits = Limits()
    """Limits of one run."""
    samples: tuple[Sample, ...] = ()
    """Examples of the statement."""
    suite: TestSuite
    """Tests."""
    checker: Checker = Checker()
    """How outputs are compared."""
    function: FunctionSpec | None = None
    """Only for function-call problems."""
    programs: tuple[Program, ...] = ()
    """Submissions with known verdicts."""
    licence: str = ""
    """SPDX id or the source's words, empty where none is stated."""
    author: str = ""
    """Author as stated, empty where unknown."""
    tags: tuple[str, ...] = ()
    """The source's keywords."""
    has_images: bool = False
    """The statement refers to an image, which the Markdown lacks."""
    published_time: datetime | None = None
    """When the contest ended or the problem appeared."""
    statement_digest: str
    """SHA-256 of the statement's normalised words: equal digests mean the same problem."""
    raw_digest: str
    """SHA-256 of the raw bytes that this was made from."""
    normalizer_version: str
    """Version of the code that made this record."""
