"""What a request asks for, checked before anything is done about it."""

import math
import re
from collections.abc import Iterator

from microcoder.core.errors import InvalidArgument
from microcoder.core.verdict import StopMode
from microcoder.judge.domain.detail import MAX_BYTES
from microcoder.judge.domain.languages import Language, main_file
from microcoder.judge.domain.program import SourceProgram
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2

MAX_TESTS = 10_000
MAX_NAME_CHARS = 200
MAX_KEY_CHARS = 100
MAX_CPU_BUDGET_MS = 24 * 3600 * 1000
_DIGEST = re.compile(r"[0-9a-f]{64}")

_STOP_MODES = {
    verdict_pb2.STOP_MODE_UNSPECIFIED: StopMode.ALL,
    verdict_pb2.STOP_MODE_ALL: StopMode.ALL,
    verdict_pb2.STOP_MODE_FIRST_FAIL: StopMode.FIRST_FAIL,
    verdict_pb2.STOP_MODE_FIRST_FAIL_PER_GROUP: StopMode.FIRST_FAIL_PER_GROUP,
}


def check_submission(submission: pb.Submission) -> None:
    """Refuses what no judge would take.

    Raises:
        InvalidArgument: Says of each field what is wrong with it.
    """
    wrong = dict(_wrong(submission))
    if wrong:
        raise InvalidArgument("; ".join(f"{field} {why}" for field, why in list(wrong.items())[:5]), fields=wrong)


def stop_mode(submission: pb.Submission) -> StopMode:
    """Which tests are run, of a submission that was checked."""
    return _STOP_MODES[submission.stop_mode]


def source_program(submission: pb.Submission, language: Language) -> SourceProgram:
    """The program.

    Raises:
        InvalidArgument: It is too large.
    """
    main = main_file(language, submission.source)
    return SourceProgram(language=language.id, files={main: submission.source}, main=main)


def _wrong(submission: pb.Submission) -> Iterator[tuple[str, str]]:
    if not 0 < len(submission.language) <= MAX_KEY_CHARS:
        yield "submission.language", f"must have 1 to {MAX_KEY_CHARS} characters"
    if submission.stop_mode not in _STOP_MODES:
        yield "submission.stop_mode", "is unknown"
    if len(submission.fair_key) > MAX_KEY_CHARS:
        yield "submission.fair_key", f"must have at most {MAX_KEY_CHARS} characters"
    if not 0 <= submission.cpu_budget_ms <= MAX_CPU_BUDGET_MS:
        yield "submission.cpu_budget_ms", f"must be from 0 to {MAX_CPU_BUDGET_MS}"
    if not 0 <= submission.detail_bytes <= MAX_BYTES:
        yield "submission.detail_bytes", f"must be from 0 to {MAX_BYTES}"
    match submission.WhichOneof("task"):
        case "problem_id":
            if not 0 < len(submission.problem_id) <= MAX_NAME_CHARS:
                yield "submission.problem_id", f"must have 1 to {MAX_NAME_CHARS} characters"
        case "inline_task":
            yield from _wrong_in_task(submission.inline_task)
        case _:
            yield "submission.task", "is missing: problem_id or inline_task"


def _wrong_in_task(task: pb.InlineTask) -> Iterator[tuple[str, str]]:
    if not 0 < len(task.tests) <= MAX_TESTS:
        yield "submission.inline_task.tests", f"must be 1 to {MAX_TESTS} tests"
    for ordinal, test in enumerate(task.tests):
        field = f"submission.inline_task.tests[{ordinal}]"
        if len(test.name) > MAX_NAME_CHARS:
            yield f"{field}.name", f"must have at most {MAX_NAME_CHARS} characters"
        for part, digest, content in (
            ("input", test.input_digest, test.input),
            ("answer", test.answer_digest, test.answer),
        ):
            if digest and content:
                yield f"{field}.{part}", f"and {part}_digest exclude each other"
            elif digest and not _DIGEST.fullmatch(digest):
                yield f"{field}.{part}_digest", "is no SHA-256 in lower-case hex"
    for tolerance in ("float_absolute", "float_relative"):
        value = getattr(task.checker, tolerance)
        if not (math.isfinite(value) and value >= 0):
            yield f"submission.inline_task.checker.{tolerance}", "must be finite and not negative"


def check_request_id(request_id: str) -> None:
    """Refuses ids that are too long.

    Raises:
        InvalidArgument: It is.
    """
    if len(request_id) > MAX_KEY_CHARS:
        raise InvalidArgument(
            f"request_id has more than {MAX_KEY_CHARS} characters",
            fields={"request_id": f"must have at most {MAX_KEY_CHARS} characters"},
        )
