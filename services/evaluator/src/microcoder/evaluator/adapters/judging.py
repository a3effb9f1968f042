"""Judging programs by the judge."""

from collections.abc import Iterator, Sequence

from microcoder.core.problem import Limits
from microcoder.core.verdict import StopMode, Verdict
from microcoder.evaluator.domain.comparison import checker_of
from microcoder.evaluator.domain.items import EvaluationItem, ItemTest
from microcoder.evaluator.settings import EvaluatorSettings
from microcoder.rpc import JudgeClient
from microcoder.v1 import judge_service_pb2, problem_pb2, verdict_pb2
from microcoder.wire import to_proto

_STOP_AT_FIRST = getattr(verdict_pb2, f"STOP_MODE_{StopMode.FIRST_FAIL.name}")
_LANGUAGE = "python3"
MAX_SOURCE_BYTES = 1024 * 1024
"""Longer programs are not judged, they have the verdict CE: no contest takes them, and the judge refuses 4 MiB."""


class Grader:
    """Gives a program its verdict on an item's tests."""

    def __init__(self, client: JudgeClient, settings: EvaluatorSettings) -> None:
        self._client = client
        self._settings = settings

    async def grade(self, item: EvaluationItem, tests: tuple[ItemTest, ...], program: str) -> Verdict:
        """AC where `program` passes all `tests`, else the verdict on the first that it does not pass.

        Raises:
            Unavailable, DeadlineExceeded: The judge could not say; nothing is known about the program.
        """
        if len(_encoded(program)) > MAX_SOURCE_BYTES:
            return Verdict.CE
        for part in _parts(tests, self._settings.judge_request_bytes):
            submission = self._submission(item, tests, part, program)
            report = await self._client.judge(submission, timeout_s=self._settings.judge_timeout_s)
            if report.verdict is not Verdict.AC:
                return report.verdict
        return Verdict.AC

    def _submission(
        self, item: EvaluationItem, tests: tuple[ItemTest, ...], part: Sequence[ItemTest], program: str
    ) -> judge_service_pb2.Submission:
        limits = Limits(cpu_time_ms=self._settings.test_cpu_time_ms, memory_bytes=self._settings.test_memory_bytes)
        task = judge_service_pb2.InlineTask(
            tests=[
                judge_service_pb2.InlineTest(name=str(number), input=_encoded(test.input), answer=_encoded(test.output))
                for number, test in enumerate(part, start=1)
            ],
            checker=to_proto(checker_of(item, tests), problem_pb2.Checker),
            limits=to_proto(limits, problem_pb2.Limits),
        )
        if item.function is not None:
            task.function.CopyFrom(to_proto(item.function, problem_pb2.FunctionSpec))
        return judge_service_pb2.Submission(
            language=_LANGUAGE, source=_encoded(program), inline_task=task, stop_mode=_STOP_AT_FIRST
        )


def _parts(tests: Sequence[ItemTest], max_bytes: int) -> Iterator[list[ItemTest]]:
    """`tests` in order, in parts of at most `max_bytes`; a larger test is a part of its own."""
    part: list[ItemTest] = []
    size = 0
    for test in tests:
        length = len(test.input) + len(test.output)
        if part and size + length > max_bytes:
            yield part
            part, size = [], 0
        part.append(test)
        size += length
    if part:
        yield part


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
