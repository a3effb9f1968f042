"""An evaluation item: one line of a LiveCodeBench-shaped data set."""

from dataclasses import dataclass
from datetime import datetime

from microcoder.core.problem import FunctionSpec, IoMode, Sample
from microcoder.core.solving import Task


class DatasetError(ValueError):
    """A data set that cannot be read. Its text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTest:
    """One test: standard input and output, or one JSON argument a line and one JSON value."""

    input: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationItem:
    """One item. Its hidden tests stay encoded, because decoded ones of a whole data set fill the memory."""

    line: int
    """Line of the data set, from 1."""
    id: str
    """`question_id`."""
    title: str
    """`question_title`."""
    statement: str
    """`question_content`."""
    platform: str
    """`platform`, lower case."""
    level: str
    """`difficulty`, lower case."""
    published: datetime | None
    """`contest_date`, UTC where it names no zone."""
    function: FunctionSpec | None = None
    """What is called; absent where the program reads standard input."""
    public_tests: tuple[ItemTest, ...] = ()
    """`public_test_cases`."""
    encoded_tests: str = ""
    """`private_test_cases` as it stands in the data set, see `hidden_tests`."""

    @property
    def has_tests(self) -> bool:
        """Whether there is anything to judge by."""
        return bool(self.public_tests or self.encoded_tests)


def task_of(item: EvaluationItem) -> Task:
    """What the prompt tells about `item`.

    LiveCodeBench's statements show their examples themselves; public tests are added only where one does not.
    """
    if item.function is not None:
        return Task(title=item.title, statement=item.statement, io_mode=IoMode.FUNCTION, function=item.function)
    shown = " ".join(item.statement.split())
    samples = tuple(
        Sample(input=test.input, output=test.output) for test in item.public_tests if not _is_shown(test, shown)
    )
    return Task(title=item.title, statement=item.statement, samples=samples)


def _is_shown(test: ItemTest, statement: str) -> bool:
    return all(" ".join(text.split()) in statement for text in (test.input, test.output))
