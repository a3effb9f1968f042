"""The canonical problem: one form for every source."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from microcoder.core.grouping import TestGroup
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
    """Byte for byte, but for the style of line ends and the last one."""
    TOKENS = "tokens"
    """Words between white space, with the options of `Checker`."""
    CUSTOM = "custom"
    """A program with the protocol of Kattis' output validators."""
    LINES = "lines"
    """Line by line without trailing white space; blank lines at the end do not count."""
    UNORDERED_TOKENS = "unordered_tokens"
    """The same words, each as often, in any order."""
    UNORDERED_LINES = "unordered_lines"
    """The same lines without trailing white space, each as often, in any order; blank ones do not count."""
    YES_NO = "yes_no"
    """Words; `yes` and `no` in any case, all others as they are."""
    TESTLIB = "testlib"
    """A program with testlib's protocol."""


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
    group: str = ""
    """Name of its `TestGroup`: the name without its last part."""


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
    groups: tuple[TestGroup, ...] = ()
    """For problems with a score: settings of each group, the root's first; empty where only verdicts count."""


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
    """The custom output validator or testlib checker. Of an interactive problem without `Problem.interactor`, it is the
    one that talks to the program."""
    flags: tuple[str, ...] = ()
    """Arguments for the custom validator."""


class CallStyle(StrEnum):
    """What is called on a test."""

    FUNCTION = "function"
    """One function, once."""
    CLASS = "class"
    """A class and then its methods: the input holds the operations, whose first is the class, and their arguments."""


class ValueKind(StrEnum):
    """What a JSON value in a test stands for in the program."""

    JSON = "json"
    """Itself."""
    LINKED_LIST = "linked_list"
    """`ListNode`s with `val` and `next`, written as the list of their values."""
    LINKED_LISTS = "linked_lists"
    """A list of them."""
    BINARY_TREE = "binary_tree"
    """`TreeNode`s with `val`, `left` and `right`, written level by level, with null for a child that is not there."""
    BINARY_TREES = "binary_trees"
    """A list of them."""
    NARY_TREE = "nary_tree"
    """`Node`s with `val` and `children`, written level by level, with null after the children of each node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """What a function-call problem calls, and what its result is.

    A test's input holds one JSON value a line, one argument each; its answer holds one JSON value. For a class the
    input holds two: the names of the operations, the first one the class's, and a list of arguments for each; the
    answer is the list of what they returned.
    """

    entry: str
    """`name` for a free function, `Solution.name` for a method, `Name` for a class."""
    starter_code: str = ""
    """The code that the statement gives to complete."""
    style: CallStyle = CallStyle.FUNCTION
    """What is called."""
    parameters: tuple[ValueKind, ...] = ()
    """Kinds of the arguments in order, of a class's constructor; those left out are JSON."""
    returns: ValueKind = ValueKind.JSON
    """Kind of the result."""
    mutated_argument: int | None = None
    """Position from 0 of the argument that the function changes; its value after the call is the result."""
    unordered_levels: int = 0
    """How many levels of lists in the result, from the outermost, may be in any order."""
    prelude: str = ""
    """Name of what the program has imported: empty for `leetcode` with methods and classes, for `none` otherwise."""


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
    interactor: Program | None = None
    """Of interactive problems with testlib's protocol: the program that talks to the one that is judged."""
    input_file: str = ""
    """Of problems that read a file: its name in the working folder; empty for standard input."""
    output_file: str = ""
    """Of problems that write a file: its name in the working folder; empty for standard output."""
