"""The judge as its callers want it: a real verdict or an error."""

import asyncio
import logging
import random
import secrets
import time
from typing import TYPE_CHECKING

import grpc

from microcoder.core.errors import ResourceExhausted, Unavailable
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeStub
from microcoder.wire import from_proto

if TYPE_CHECKING:  # the async stubs exist for type checkers only
    from microcoder.v1.judge_service_pb2_grpc import JudgeAsyncStub

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0


class JudgeClient:
    """Calls `microcoder.v1.Judge` over a channel of `open_channel`, which it does not close."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: JudgeAsyncStub = JudgeStub(channel)

    async def judge(self, submission: pb.Submission, *, timeout_s: float) -> JudgeReport:
        """Judges `submission` on all its tests, trying again within `timeout_s` seconds where the judge is in trouble.

        All attempts have one request id: where only the answer was lost, the next one gets the same report.

        Returns:
            A report whose verdict is never IE.

        Raises:
            Unavailable: No judge gave a verdict in time.
            DeadlineExceeded: The judge was still at it when the time was up.
            InvalidArgument: The submission is wrong; also NotFound and FailedPrecondition, as the judge says.
        """
        request = pb.JudgeSubmissionRequest(submission=submission, request_id=secrets.token_hex(16))
        deadline = time.monotonic() + timeout_s
        pause = _FIRST_PAUSE_S
        while True:
            outcome = await self._attempt(request, timeout_s=deadline - time.monotonic())
            if isinstance(outcome, JudgeReport):
                return outcome
            # Jitter keeps the many callers of one judge from coming back together.
            wait = max(pause, _asked_for(outcome)) * random.uniform(0.5, 1.0)  # noqa: S311
            if time.monotonic() + wait >= deadline:
                raise Unavailable(f"No verdict within {timeout_s:g} s: {outcome}", reason="JUDGE_UNAVAILABLE")
            _LOG.info("judge in trouble, next attempt in %.1f s: %s", wait, outcome)
            await asyncio.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _attempt(
        self, request: pb.JudgeSubmissionRequest, *, timeout_s: float
    ) -> JudgeReport | Unavailable | ResourceExhausted:
        try:
            response = await self._stub.JudgeSubmission(request, timeout=timeout_s)
        except (Unavailable, ResourceExhausted) as error:
            return error
        report = from_proto(response.report, JudgeReport)
        if report.verdict is Verdict.IE:
            return Unavailable(next((r.message for r in report.results if r.verdict is Verdict.IE), "") or "IE")
        return report


def _asked_for(trouble: Unavailable | ResourceExhausted) -> float:
    return trouble.retry_after_s if isinstance(trouble, ResourceExhausted) else 0.0
