"""Programs, groups and files that a request brings by value."""

from collections.abc import Iterator
from typing import Literal

from microcoder.core.errors import InvalidArgument
from microcoder.judge.domain.program import SourceProgram, check_path
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2

_MAX_GROUPS = 1_000
_BY_PROGRAM = frozenset({problem_pb2.CHECKER_KIND_CUSTOM, problem_pb2.CHECKER_KIND_TESTLIB})


def inline_program(task: pb.InlineTask, field: Literal["checker_program", "interactor"]) -> SourceProgram | None:
    """A program of the request.

    Raises:
        InvalidArgument: Its main file is missing, a name is not safe, or it is too large.
    """
    if not task.HasField(field):
        return None
    program = task.checker_program if field == "checker_program" else task.interactor
    return SourceProgram(language=program.language, files=dict(program.files), main=program.main)


def check_inline_task(task: pb.InlineTask) -> None:
    """Refuses tasks whose parts do not fit together.

    Raises:
        InvalidArgument: Says of each field what is wrong with it.
    """
    wrong = dict(_wrong(task))
    if wrong:
        fields = {f"inline_task.{field}": why for field, why in wrong.items()}
        raise InvalidArgument("; ".join(f"{field} {why}" for field, why in fields.items()), fields=fields)
    for name in filter(None, (task.input_file, task.output_file)):
        check_path(name)


def _wrong(task: pb.InlineTask) -> Iterator[tuple[str, str]]:
    yield from _wrong_programs(task)
    yield from _wrong_mixture(task)
    if len(task.groups) > _MAX_GROUPS:
        yield "groups", f"must be at most {_MAX_GROUPS}"
    for field in ("input_file", "output_file"):
        if "/" in getattr(task, field):
            yield field, "must be a name without folders"


def _wrong_programs(task: pb.InlineTask) -> Iterator[tuple[str, str]]:
    by_program = task.checker.kind in _BY_PROGRAM
    if by_program and not task.HasField("checker_program"):
        yield "checker_program", "is missing: the checker is a program"
    if task.HasField("checker_program") and not by_program:
        yield "checker.kind", "must be CUSTOM or TESTLIB for checker_program to count"
    if task.checker.HasField("program"):
        yield "checker.program", "names blobs of the catalogue: send checker_program"
    if task.interactive and not (task.HasField("interactor") or task.checker.kind == problem_pb2.CHECKER_KIND_CUSTOM):
        yield "interactor", "is missing: nothing talks to the program"
    if task.HasField("interactor") and not task.interactive:
        yield "interactive", "must be set for interactor to count"


def _wrong_mixture(task: pb.InlineTask) -> Iterator[tuple[str, str]]:
    files = bool(task.input_file or task.output_file)
    if task.HasField("function") and (task.interactive or files):
        yield "function", "excludes interactive, input_file and output_file"
    elif task.interactive and files:
        yield "interactive", "excludes input_file and output_file"
