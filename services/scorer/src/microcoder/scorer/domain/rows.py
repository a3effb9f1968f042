"""The rows of a release: ready for TRL, which takes `prompt` and hands all other columns to the reward function."""

from datetime import datetime
from typing import TypedDict

from microcoder.core.problem import Problem
from microcoder.core.solving import ChatMessage, Task, solver_messages
from microcoder.scorer.domain.selection import Selected


class Row(TypedDict):
    """One problem. Tests are not in it: the judge has them under the problem's id."""

    prompt: list[ChatMessage]
    problem_id: str
    revision: int
    title: str
    level: str
    overall: float
    pass_rate: float | None
    grade: str
    io_mode: str
    language: str
    has_images: bool
    source: str
    url: str
    author: str
    licence: str
    published: datetime | None
    cpu_time_ms: int
    memory_bytes: int
    tests: int
    suite_digest: str
    statement_digest: str


def task_of(problem: Problem) -> Task:
    """What a prompt tells about `problem`."""
    return Task(
        title=problem.title,
        statement=problem.statement,
        samples=problem.samples,
        io_mode=problem.io_mode,
        function=problem.function,
    )


def row_of(item: Selected, *, worked_examples: int) -> Row:
    """The row of a selected problem."""
    problem = item.problem
    return Row(
        prompt=solver_messages(task_of(problem), worked_examples=worked_examples),
        problem_id=problem.id,
        revision=problem.revision,
        title=problem.title,
        level=item.level.value,
        overall=item.prediction.overall,
        pass_rate=item.pass_rate,
        grade=item.verification.grade.value,
        io_mode=problem.io_mode.value,
        language=problem.language,
        has_images=problem.has_images,
        source=problem.source,
        url=problem.url,
        author=problem.author,
        licence=problem.licence,
        published=problem.published_time,
        cpu_time_ms=problem.limits.cpu_time_ms,
        memory_bytes=problem.limits.memory_bytes,
        tests=len(problem.suite.cases),
        suite_digest=problem.suite.digest,
        statement_digest=problem.statement_digest,
    )
