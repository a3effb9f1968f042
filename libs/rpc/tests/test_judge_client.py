"""A caller of the judge sees a real verdict or an error."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from microcoder.core.errors import DeadlineExceeded, InvalidArgument, MicrocoderError, ResourceExhausted, Unavailable
from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.rpc import JudgeClient, Registration
from microcoder.testing.grpc import Serve
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server
from microcoder.wire import to_proto

AC = JudgeReport(verdict=Verdict.AC, passed=1, total=1, results=(TestResult(ordinal=0, name="1", verdict=Verdict.AC),))
IE = JudgeReport(
    verdict=Verdict.IE,
    passed=0,
    total=1,
    results=(TestResult(ordinal=0, name="1", verdict=Verdict.IE, message="no slot"),),
)
SUBMISSION = pb.Submission(language="python3", source=b"print(1)", problem_id="p")


class Scripted(JudgeServicer):
    """Does one thing after the other, the last one for ever."""

    def __init__(self, *steps: JudgeReport | MicrocoderError | float) -> None:
        self.calls = 0
        self._steps: Iterator[JudgeReport | MicrocoderError | float] = iter([*steps[:-1], *[steps[-1]] * 1000])

    async def JudgeSubmission(self, request: pb.JudgeSubmissionRequest, context: Any) -> pb.JudgeSubmissionResponse:  # noqa: N802
        self.calls += 1
        assert request.submission == SUBMISSION
        step = next(self._steps)
        if isinstance(step, MicrocoderError):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
            step = AC
        return pb.JudgeSubmissionResponse(report=to_proto(step, verdict_pb2.JudgeReport))


def scripted(*steps: JudgeReport | MicrocoderError | float) -> Scripted:
    return Scripted(*steps)  # type: ignore[abstract]  # what is not asked for stays unimplemented


async def client_of(serve: Serve, servicer: Scripted) -> JudgeClient:
    registration = Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)
    return JudgeClient(await serve([registration]))


async def test_a_verdict_comes_back_whole(serve: Serve) -> None:
    judge = scripted(AC)
    assert await (await client_of(serve, judge)).judge(SUBMISSION, timeout_s=5) == AC
    assert judge.calls == 1


async def test_trouble_is_tried_again(serve: Serve) -> None:
    judge = scripted(IE, Unavailable("starting"), ResourceExhausted("full", retry_after_s=0.1), AC)
    assert await (await client_of(serve, judge)).judge(SUBMISSION, timeout_s=10) == AC
    assert judge.calls == 4


async def test_trouble_that_lasts_is_unavailable_with_its_cause(serve: Serve) -> None:
    judge = scripted(IE)
    with pytest.raises(Unavailable, match="no slot"):
        await (await client_of(serve, judge)).judge(SUBMISSION, timeout_s=1)
    assert judge.calls > 1


async def test_a_wrong_submission_is_not_tried_again(serve: Serve) -> None:
    judge = scripted(InvalidArgument("language cobol", fields={"language": "unknown"}))
    with pytest.raises(InvalidArgument, match="cobol"):
        await (await client_of(serve, judge)).judge(SUBMISSION, timeout_s=5)
    assert judge.calls == 1


async def test_a_judge_that_is_still_at_it_ends_with_the_deadline(serve: Serve) -> None:
    judge = scripted(30.0)
    with pytest.raises(DeadlineExceeded):
        await (await client_of(serve, judge)).judge(SUBMISSION, timeout_s=0.3)
