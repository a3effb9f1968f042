"""gRPC: `microcoder.v1.Judge`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

import grpc

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Limits
from microcoder.core.verdict import JudgeReport, StopMode, TestResult
from microcoder.judge.compiling import Compiler
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import OnResult, SubmissionJudge, Task
from microcoder.judge.tasks import TaskSource, inline_task
from microcoder.store import Store
from microcoder.telemetry import Metric, Metrics
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2, verification_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer
from microcoder.wire import from_proto, to_proto

# gRPC's classes are generic in their stubs only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

_STOP_MODES = {
    verdict_pb2.STOP_MODE_UNSPECIFIED: StopMode.ALL,
    verdict_pb2.STOP_MODE_ALL: StopMode.ALL,
    verdict_pb2.STOP_MODE_FIRST_FAIL: StopMode.FIRST_FAIL,
}


class Servicer(JudgeServicer):
    """Judges for callers."""

    def __init__(
        self,
        *,
        store: Store,
        judge: SubmissionJudge,
        compiler: Compiler,
        tasks: TaskSource,
        capabilities: pb.GetCapabilitiesResponse,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._judge = judge
        self._compiler = compiler
        self._tasks = tasks
        self._capabilities = capabilities
        self._metrics = metrics

    async def JudgeSubmission(self, request: pb.JudgeSubmissionRequest, context: Context) -> pb.JudgeSubmissionResponse:
        report = await self._report(request.submission, context, on_result=lambda _result: None)
        return pb.JudgeSubmissionResponse(report=to_proto(report, verdict_pb2.JudgeReport))

    async def StreamSubmission(
        self, request: pb.StreamSubmissionRequest, context: Context
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        results: asyncio.Queue[TestResult | None] = asyncio.Queue()
        work = asyncio.create_task(self._report(request.submission, context, on_result=results.put_nowait))
        work.add_done_callback(lambda _task: results.put_nowait(None))
        try:
            while (result := await results.get()) is not None:
                yield pb.StreamSubmissionResponse(result=to_proto(result, verdict_pb2.TestResult))
            yield pb.StreamSubmissionResponse(report=to_proto(await work, verdict_pb2.JudgeReport))
        finally:
            work.cancel()

    async def GetVerification(self, request: pb.GetVerificationRequest, context: Context) -> pb.GetVerificationResponse:
        del context
        record = await self._store.verifications.get(request.problem_id)
        return pb.GetVerificationResponse(verification=to_proto(record, verification_pb2.Verification))

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Context) -> pb.GetCapabilitiesResponse:
        del request, context
        return self._capabilities

    async def _report(self, submission: pb.Submission, context: Context, *, on_result: OnResult) -> JudgeReport:
        language = self._compiler.language(submission.language)
        stop = _STOP_MODES.get(submission.stop_mode)
        if stop is None:
            raise InvalidArgument("unknown stop mode", fields={"submission.stop_mode": "is unknown"})
        program = SourceProgram(language=language.id, files={language.main: submission.source}, main=language.main)
        report = await self._judge.judge(
            program,
            await self._task(submission),
            stop=stop,
            deadline_s=context.time_remaining(),
            on_result=on_result,
        )
        self._metrics.count(Metric.JUDGE_SUBMISSIONS, language=language.id, verdict=report.verdict.value)
        return report

    async def _task(self, submission: pb.Submission) -> Task:
        limits = from_proto(submission.limits, Limits) if submission.HasField("limits") else None
        match submission.WhichOneof("task"):
            case "problem_id":
                language = self._compiler.language(submission.language)
                return await self._tasks.of_id(submission.problem_id, language, limits=limits)
            case "inline_task":
                return inline_task(submission.inline_task, limits=limits)
            case _:
                raise InvalidArgument(
                    "name a problem or give tests", fields={"submission.task": "problem_id or inline_task is required"}
                )


def capabilities(
    *, languages: Sequence[tuple[str, str]], tier: str, mechanisms: Sequence[str], version: str, slots: int
) -> pb.GetCapabilitiesResponse:
    """What `GetCapabilities` answers; `languages` are ids with versions."""
    return pb.GetCapabilitiesResponse(
        languages=[pb.LanguageCapability(id=language, version=text) for language, text in languages],
        tier=tier,
        mechanisms=mechanisms,
        judge_version=version,
        slots=slots,
    )
