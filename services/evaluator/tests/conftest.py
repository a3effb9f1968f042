"""The evaluator on a real store, bus and gRPC server, with a plain judge and a scripted endpoint."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
import pytest_asyncio

from microcoder.evaluator.app import build
from microcoder.evaluator.settings import AppSettings, EvaluatorSettings
from microcoder.host import Endpoints
from microcoder.llm import LlmSettings
from microcoder.rpc import Registration, RpcServer, RpcSettings
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.testing.openai import ScriptedOpenAI
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2
from microcoder.v1.evaluator_service_pb2_grpc import EvaluatorStub
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server

_CALL = """
import json, sys
from typing import *
{source}
result = {entry}(*map(json.loads, sys.stdin.read().splitlines()))
print(json.dumps(result))
"""


class PlainJudge(JudgeServicer):
    """Runs programs as they are, so only for programs written here; compares words, or JSON values for functions.

    `broken` makes every verdict an internal error.
    """

    def __init__(self) -> None:
        self.submissions: list[pb.Submission] = []
        self.broken = False

    @property
    def registration(self) -> Registration:
        return Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=self)

    async def JudgeSubmission(  # noqa: N802  the contract's name
        self, request: pb.JudgeSubmissionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.JudgeSubmissionResponse:
        self.submissions.append(request.submission)
        verdict = verdict_pb2.VERDICT_IE if self.broken else self._verdict(request.submission)
        return pb.JudgeSubmissionResponse(report=verdict_pb2.JudgeReport(verdict=verdict))

    def _verdict(self, submission: pb.Submission) -> verdict_pb2.Verdict.ValueType:
        task = submission.inline_task
        source = submission.source.decode()
        if task.function.entry:
            entry = task.function.entry.replace("Solution.", "Solution().")
            source = _CALL.format(source=source, entry=entry)
        for test in task.tests:
            run = subprocess.run(
                [sys.executable, "-c", source], input=test.input, capture_output=True, timeout=20, check=False
            )
            if run.returncode:
                return verdict_pb2.VERDICT_RE
            if not self._equal(run.stdout, test.answer, as_json=bool(task.function.entry)):
                return verdict_pb2.VERDICT_WA
        return verdict_pb2.VERDICT_AC

    @staticmethod
    def _equal(output: bytes, answer: bytes, *, as_json: bool) -> bool:
        return bool(json.loads(output) == json.loads(answer)) if as_json else output.split() == answer.split()


@pytest.fixture
def dataset() -> Path:
    return Path(__file__).parents[3] / "examples" / "evaluation" / "items.jsonl"


@pytest_asyncio.fixture
async def judge_server() -> AsyncIterator[tuple[PlainJudge, str]]:
    """A judge and its address."""
    judge = PlainJudge()  # type: ignore[abstract]  # the evaluator calls nothing else
    server = RpcServer(RpcSettings(port=0), [judge.registration])
    port = await server.start()
    await server.set_serving()
    yield judge, f"127.0.0.1:{port}"
    await server.drain(0.2)


@pytest.fixture
def judge(judge_server: tuple[PlainJudge, str]) -> PlainJudge:
    return judge_server[0]


Start = Callable[..., Awaitable[Any]]
"""Starts an evaluator with changed settings and gives a stub; each start ends the one before, as a restart would."""


@pytest_asyncio.fixture
async def start(
    runtime: MakeRuntime,
    serve: Serve,
    judge_server: tuple[PlainJudge, str],
    scripted_openai: ScriptedOpenAI,
) -> AsyncIterator[Start]:
    working: list[asyncio.Task[None]] = []

    async def stop() -> None:
        for task in working:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        working.clear()

    async def go(**changes: Any) -> Any:
        await stop()
        fields: dict[str, Any] = {"judge_timeout_s": 5.0, **changes}
        settings = AppSettings(
            endpoints=Endpoints(judge=judge_server[1]),
            llm=LlmSettings(base_url=scripted_openai.base_url, max_retries=0, timeout_s=10),
            evaluator=EvaluatorSettings(**fields),
        )
        parts = await build(runtime("evaluator", settings))
        working.extend(asyncio.ensure_future(task()) for task in parts.tasks)
        return EvaluatorStub(await serve(parts.servicers))

    yield go
    await stop()
