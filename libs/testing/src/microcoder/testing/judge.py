"""A judge that says what a test wants, behind a real gRPC server."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import pytest_asyncio

from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.rpc import Registration, RpcServer, RpcSettings
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server
from microcoder.wire import to_proto

Script: TypeAlias = Callable[[pb.Submission], Verdict]

_GRACE_S = 0.5


class ScriptedJudge(JudgeServicer):
    """Accepts every program until `script` is replaced; a script may also raise an error of the core."""

    def __init__(self) -> None:
        self.script: Script = lambda _: Verdict.AC
        self.submissions: list[pb.Submission] = []
        self.address = ""
        """`host:port`, while it runs."""

    async def JudgeSubmission(  # noqa: N802 - the contract's name
        self,
        request: pb.JudgeSubmissionRequest,
        context: Any,  # noqa: ARG002
    ) -> pb.JudgeSubmissionResponse:
        self.submissions.append(request.submission)
        verdict = self.script(request.submission)
        report = JudgeReport(verdict=verdict, passed=int(verdict is Verdict.AC), total=1)
        return pb.JudgeSubmissionResponse(report=to_proto(report, verdict_pb2.JudgeReport))


@pytest_asyncio.fixture
async def scripted_judge() -> AsyncIterator[ScriptedJudge]:
    """A running scripted judge."""
    servicer = ScriptedJudge()  # type: ignore[abstract]  # what is not asked for stays unimplemented
    registration = Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)
    server = RpcServer(RpcSettings(port=0), [registration])
    servicer.address = f"127.0.0.1:{await server.start()}"
    await server.set_serving()
    yield servicer
    await server.drain(_GRACE_S)
