"""gRPC: `microcoder.v1.Judge`."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import grpc

from microcoder.core.errors import InvalidArgument, MicrocoderError
from microcoder.core.languages import aliases_of, language_id
from microcoder.core.problem import Limits
from microcoder.core.verdict import JudgeReport, TestResult
from microcoder.judge.batching import answers
from microcoder.judge.compiling import Compiler
from microcoder.judge.domain.languages import Language
from microcoder.judge.joining import SharedJudgings
from microcoder.judge.judging import OnResult, SubmissionJudge, Task
from microcoder.judge.requests import check_request_id, check_submission, source_program, stop_mode
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.rpc.errors import code_of
from microcoder.store import Store
from microcoder.telemetry import Metric, Metrics
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2, verification_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer
from microcoder.wire import from_proto, to_proto

# gRPC's classes are generic in their stubs only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

_MAX_CONTENT_BYTES = 16 * 2**20
_BATCH_PER_SLOT = 4
"""Submissions of one batch under way, per slot: enough that no slot waits for the next one."""


class Servicer(JudgeServicer):
    """Judges for callers."""

    def __init__(
        self,
        *,
        store: Store,
        judge: SubmissionJudge,
        compiler: Compiler,
        tasks: TaskSource,
        blobs: BlobCache,
        capabilities: pb.GetCapabilitiesResponse,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._judge = judge
        self._compiler = compiler
        self._tasks = tasks
        self._blobs = blobs
        self._capabilities = capabilities
        self._metrics = metrics
        self._shared = SharedJudgings()

    async def JudgeSubmission(self, request: pb.JudgeSubmissionRequest, context: Context) -> pb.JudgeSubmissionResponse:
        report = await self._report(request.submission, request.request_id, context)
        return pb.JudgeSubmissionResponse(report=to_proto(report, verdict_pb2.JudgeReport))

    async def StreamSubmission(
        self, request: pb.StreamSubmissionRequest, context: Context
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        results: asyncio.Queue[TestResult | None] = asyncio.Queue()
        judging = self._report(request.submission, request.request_id, context, on_result=results.put_nowait)
        work = asyncio.create_task(judging)
        work.add_done_callback(lambda _task: results.put_nowait(None))
        try:
            while (result := await results.get()) is not None:
                yield pb.StreamSubmissionResponse(result=to_proto(result, verdict_pb2.TestResult))
            yield pb.StreamSubmissionResponse(report=to_proto(await work, verdict_pb2.JudgeReport))
        finally:
            work.cancel()

    async def JudgeBatch(
        self, request_iterator: AsyncIterator[pb.JudgeBatchRequest], context: Context
    ) -> AsyncIterator[pb.JudgeBatchResponse]:
        async def judge_one(request: pb.JudgeBatchRequest) -> pb.JudgeBatchResponse:
            try:
                report = await self._report(request.submission, request.request_id, context)
            except MicrocoderError as error:
                return pb.JudgeBatchResponse(item_id=request.item_id, error=_batch_error(error))
            return pb.JudgeBatchResponse(item_id=request.item_id, report=to_proto(report, verdict_pb2.JudgeReport))

        at_a_time = _BATCH_PER_SLOT * self._capabilities.slots
        async for answer in answers(request_iterator, judge_one, at_a_time=at_a_time):
            yield answer

    async def PutTests(self, request: pb.PutTestsRequest, context: Context) -> pb.PutTestsResponse:
        del context
        for content in request.contents:
            if len(content) > _MAX_CONTENT_BYTES:
                raise InvalidArgument(
                    f"a part of a test has {len(content)} bytes, more than {_MAX_CONTENT_BYTES}",
                    fields={"contents": "is too large"},
                )
        return pb.PutTestsResponse(digests=[self._blobs.put(content) for content in request.contents])

    async def GetVerification(self, request: pb.GetVerificationRequest, context: Context) -> pb.GetVerificationResponse:
        del context
        record = await self._store.verifications.get(request.problem_id)
        return pb.GetVerificationResponse(verification=to_proto(record, verification_pb2.Verification))

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Context) -> pb.GetCapabilitiesResponse:
        del request, context
        answer = pb.GetCapabilitiesResponse(runs=self._judge.served)
        answer.MergeFrom(self._capabilities)
        return answer

    async def _report(
        self,
        submission: pb.Submission,
        request_id: str,
        context: Context,
        *,
        on_result: OnResult = lambda _result: None,
    ) -> JudgeReport:
        check_request_id(request_id)
        check_submission(submission)
        language = self._compiler.language(language_id(submission.language))

        async def judging(tell: OnResult) -> JudgeReport:
            begun = time.perf_counter()
            report = await self._judge.judge(
                source_program(submission, language),
                await self._task(submission, language),
                stop=stop_mode(submission),
                deadline_s=context.time_remaining(),
                fair_key=submission.fair_key,
                on_result=tell,
            )
            self._metrics.observe(
                Metric.JUDGE_SUBMISSION_SECONDS, time.perf_counter() - begun, verdict=report.verdict.value
            )
            self._metrics.count(Metric.JUDGE_SUBMISSIONS, language=language.id, verdict=report.verdict.value)
            return report

        fingerprint = hashlib.sha256(submission.SerializeToString(deterministic=True)).digest() if request_id else b""
        return await self._shared.report(request_id, fingerprint, judging, on_result)

    async def _task(self, submission: pb.Submission, language: Language) -> Task:
        limits = from_proto(submission.limits, Limits) if submission.HasField("limits") else None
        if submission.HasField("inline_task"):
            task = await self._tasks.of_request(submission.inline_task, limits=limits)
        else:
            task = await self._tasks.of_id(submission.problem_id, language, limits=limits)
        return replace(task, detail_bytes=submission.detail_bytes, cpu_budget_ms=submission.cpu_budget_ms)


def _batch_error(error: MicrocoderError) -> pb.BatchError:
    return pb.BatchError(
        code=code_of(error).value[0], reason=error.reason, message=error.message, metadata=error.metadata
    )


def capabilities(
    *, languages: Sequence[tuple[Language, str]], tier: str, mechanisms: Sequence[str], version: str, slots: int
) -> pb.GetCapabilitiesResponse:
    """What `GetCapabilities` answers; `languages` come with their versions."""
    return pb.GetCapabilitiesResponse(
        languages=[_language_capability(language, text) for language, text in languages],
        tier=tier,
        mechanisms=mechanisms,
        judge_version=version,
        slots=slots,
    )


def _language_capability(language: Language, version: str) -> pb.LanguageCapability:
    return pb.LanguageCapability(
        id=language.id,
        version=version,
        aliases=aliases_of(language.id),
        main_file=language.main,
        time_multiplier=language.time_multiplier,
        memory_multiplier=language.memory_multiplier,
        runtime_bytes=language.runtime_bytes,
        packages=language.packages,
    )
