"""Sends requests to a running judge and watches what comes back."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import grpc

from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeStub
from tests.fuzz.judge.controls import CONTROLS
from tests.fuzz.judge.mutations import Maker

if TYPE_CHECKING:
    from microcoder.v1.judge_service_pb2_grpc import JudgeAsyncStub

_DEADLINE_S = 120.0
_EVERY = 10
"""One request in so many is a control."""
_ALLOWED = frozenset({
    grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ALREADY_EXISTS,
})  # fmt: skip
_RAW_METHODS = ("JudgeSubmission", "PutTests", "GetVerification")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came back."""

    requests: int = 0
    controls: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """Status codes, and verdicts of those that were judged."""
    failures: list[str] = field(default_factory=list)
    """Wrong verdicts and statuses that no request may get."""

    def fail(self, what: str) -> None:
        """Notes a failure; the first hundred are kept."""
        if len(self.failures) < 100:
            self.failures.append(what[:500])


class Driver:
    """Sends random requests, `parallel` at a time."""

    def __init__(self, address: str, maker: Maker, *, parallel: int) -> None:
        self._address = address
        self._maker = maker
        self._parallel = parallel
        self._channel: Any = None
        self._stub: JudgeAsyncStub
        self._ways: tuple[tuple[float, Callable[[], Awaitable[str]]], ...] = (
            (0.60, self._judge),
            (0.70, self._echo),
            (0.78, self._stream),
            (0.84, self._raw),
            (0.88, self._cancel),
            (0.92, self._short_deadline),
            (0.95, self._batch),
            (0.97, self._put),
            (1.00, self._other),
        )
        self.tally = Tally()

    async def __aenter__(self) -> "Driver":
        self._channel = grpc.aio.insecure_channel(
            self._address, options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        )
        self._stub = cast("JudgeAsyncStub", JudgeStub(self._channel))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def run(self, *, requests: int = 0, seconds: float = 0.0) -> None:
        """Sends so many requests, or for so long."""
        end = time.monotonic() + seconds
        last = self.tally.requests + requests

        async def work() -> None:
            while self.tally.requests < last if requests else time.monotonic() < end:
                self.tally.requests += 1
                if self.tally.requests % _EVERY == 0:
                    await self._control(self.tally.requests // _EVERY)
                else:
                    await self._random()

        async with asyncio.TaskGroup() as group:
            for _ in range(self._parallel):
                group.create_task(work())

    async def _control(self, number: int) -> None:
        control = CONTROLS[number % len(CONTROLS)]
        self.tally.controls += 1
        try:
            answer = await self._stub.JudgeSubmission(
                pb.JudgeSubmissionRequest(submission=control.submission), timeout=_DEADLINE_S
            )
        except grpc.aio.AioRpcError as error:
            self.tally.fail(f"control {control.name}: {error.code()}: {error.details()}")
            return
        if answer.report.verdict != control.verdict:
            given = verdict_pb2.Verdict.Name(answer.report.verdict)
            self.tally.fail(f"control {control.name}: {given}: {[r.message for r in answer.report.results]}")

    async def _random(self) -> None:
        share = self._maker.seconds(1.0)
        way = next(way for upto, way in self._ways if share < upto)
        try:
            self.tally.answers[await way()] += 1
        except grpc.aio.AioRpcError as error:
            self.tally.answers[error.code().name] += 1
            if error.code() not in _ALLOWED:
                self.tally.fail(f"{way.__name__}: {error.code()}: {error.details()}")

    async def _judge(self) -> str:
        request = pb.JudgeSubmissionRequest(submission=self._maker.submission())
        if self._maker.chance(0.05):
            request.request_id = self._maker.name()
        answer = await self._stub.JudgeSubmission(request, timeout=_DEADLINE_S)
        return _verdict(answer.report)

    async def _echo(self) -> str:
        submission, expected = self._maker.echo()
        answer = await self._stub.JudgeSubmission(pb.JudgeSubmissionRequest(submission=submission), timeout=_DEADLINE_S)
        if answer.report.verdict != expected:
            self.tally.fail(f"echo: {_verdict(answer.report)}: {[r.message for r in answer.report.results]}")
        return _verdict(answer.report)

    async def _stream(self) -> str:
        call = self._stub.StreamSubmission(
            pb.StreamSubmissionRequest(submission=self._maker.submission()), timeout=_DEADLINE_S
        )
        async for update in call:
            if self._maker.chance(0.2):
                call.cancel()
                return "left a stream"
            if update.WhichOneof("update") == "report":
                return _verdict(update.report)
        return "stream without a report"

    async def _raw(self) -> str:
        method = _RAW_METHODS[int(self._maker.seconds(len(_RAW_METHODS)))]
        call = self._channel.unary_unary(f"/microcoder.v1.Judge/{method}")
        data = self._maker.garbage()
        try:
            await call(data, timeout=_DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.INVALID_ARGUMENT and "is no message" in str(error.details()):
                return "no message"
            raise
        return "bytes answered"

    async def _cancel(self) -> str:
        call = self._stub.JudgeSubmission(pb.JudgeSubmissionRequest(submission=self._maker.slow()), timeout=_DEADLINE_S)
        await asyncio.sleep(self._maker.seconds(0.2))
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        return "cancelled in flight"

    async def _short_deadline(self) -> str:
        submission = self._maker.slow() if self._maker.chance(0.5) else self._maker.submission()
        answer = await self._stub.JudgeSubmission(
            pb.JudgeSubmissionRequest(submission=submission), timeout=0.001 + self._maker.seconds(0.2)
        )
        return _verdict(answer.report)

    async def _batch(self) -> str:
        async def items() -> AsyncIterator[pb.JudgeBatchRequest]:
            for number in range(int(self._maker.seconds(5)) + 1):
                item = self._maker.name() if self._maker.chance(0.3) else str(number)
                yield pb.JudgeBatchRequest(item_id=item, submission=self._maker.submission())

        async for _ in self._stub.JudgeBatch(items(), timeout=_DEADLINE_S):
            if self._maker.chance(0.1):
                return "left a batch"
        return "batch"

    async def _put(self) -> str:
        await self._stub.PutTests(self._maker.put_tests(), timeout=_DEADLINE_S)
        return "tests kept"

    async def _other(self) -> str:
        if self._maker.chance(0.5):
            await self._stub.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=_DEADLINE_S)
            return "capabilities"
        await self._stub.GetVerification(pb.GetVerificationRequest(problem_id=self._maker.name()), timeout=_DEADLINE_S)
        return "verification"


def _verdict(report: verdict_pb2.JudgeReport) -> str:
    return verdict_pb2.Verdict.Name(report.verdict)
