"""The evaluator on a real store, bus and gRPC server, with a plain judge and a scripted endpoint."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from microcoder.core.verdict import Verdict
from microcoder.evaluator.app import build
from microcoder.evaluator.settings import AppSettings, EvaluatorSettings
from microcoder.host import Endpoints
from microcoder.llm import LlmSettings
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.testing.judge import ScriptedJudge
from microcoder.testing.openai import ScriptedOpenAI
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.evaluator_service_pb2_grpc import EvaluatorStub

_CALL = """
import json, sys
from typing import *
{source}
result = {entry}(*map(json.loads, sys.stdin.read().splitlines()))
print(json.dumps(result))
"""


def plain_verdict(submission: pb.Submission) -> Verdict:
    """Runs the program as it is, so only for programs written here; compares words, or JSON values for functions."""
    task = submission.inline_task
    is_call = task.HasField("function")
    source = submission.source.decode()
    if is_call:
        source = _CALL.format(source=source, entry=task.function.entry.replace("Solution.", "Solution()."))
    for test in task.tests:
        command = [sys.executable, "-c", source]
        run = subprocess.run(command, input=test.input, capture_output=True, timeout=20, check=False)
        if run.returncode:
            return Verdict.RE
        read = json.loads if is_call else bytes.split
        if read(run.stdout) != read(test.answer):
            return Verdict.WA
    return Verdict.AC


@pytest.fixture
def dataset() -> Path:
    return Path(__file__).parents[3] / "examples" / "evaluation" / "items.jsonl"


@pytest.fixture
def judge(scripted_judge: ScriptedJudge) -> ScriptedJudge:
    scripted_judge.script = plain_verdict
    return scripted_judge


Start = Callable[..., Awaitable[Any]]
"""Starts an evaluator with changed settings and gives a stub; each start ends the one before, as a restart would."""


@pytest_asyncio.fixture
async def start(
    runtime: MakeRuntime,
    serve: Serve,
    judge: ScriptedJudge,
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
            endpoints=Endpoints(judge=judge.address),
            llm=LlmSettings(base_url=scripted_openai.base_url, max_retries=0, timeout_s=10),
            evaluator=EvaluatorSettings(**fields),
        )
        parts = await build(runtime("evaluator", settings))
        working.extend(asyncio.ensure_future(task()) for task in parts.tasks)
        return EvaluatorStub(await serve(parts.servicers))

    yield go
    await stop()
