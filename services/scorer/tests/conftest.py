"""The scorer as its host wires it, on a real store and bus, with a scripted LLM and a scripted judge over sockets."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_asyncio

from microcoder.bus import BusSettings, WorkerPolicy
from microcoder.core.problem import Problem
from microcoder.host import Endpoints, Parts, Runtime
from microcoder.llm import LlmSettings
from microcoder.scorer.app import build
from microcoder.scorer.settings import AppSettings, ScorerSettings
from microcoder.store import Store
from microcoder.testing.builders import make_prediction, make_problem, make_verification
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.testing.judge import ScriptedJudge
from microcoder.testing.openai import ScriptedOpenAI
from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerStub

MODEL = "scripted"


class Bench:
    """One scorer. `start` wires it, and again as after a restart."""

    def __init__(self, runtime: MakeRuntime, serve: Serve, llm: ScriptedOpenAI, judge: ScriptedJudge) -> None:
        self.llm = llm
        self.judge = judge
        self._make_runtime = runtime
        self._serve = serve
        self._started: list[Parts] = []
        self.digest = ScorerSettings().rubric.rubric().digest
        self.runtime: Runtime[AppSettings]
        self.parts: Parts
        self.rpc: Any
        """The stub; calls need a timeout."""

    async def start(
        self, *, llm: dict[str, Any] | None = None, policy: WorkerPolicy | None = None, **group: Any
    ) -> None:
        """Keyword arguments go into the scorer's group of settings, `llm` into that of the LLM."""
        quick: dict[str, Any] = {"base_url": self.llm.base_url, "backoff_s": 0.01, "max_retries": 1}
        settings = AppSettings(
            llm=LlmSettings(**(quick | (llm or {}))),
            scorer=ScorerSettings(**group),
            endpoints=Endpoints(judge=self.judge.address),
            bus=BusSettings(worker=policy or WorkerPolicy()),
        )
        self.runtime = self._make_runtime("scorer", settings)
        self.parts = await build(self.runtime)
        self._started.append(self.parts)
        channel = await self._serve(self.parts.servicers)
        self.rpc = DifficultyScorerStub(channel)

    async def add(self, scores: Sequence[float], *, scorer: str = MODEL, **fields: Any) -> list[Problem]:
        """Verified and scored problems `p00`, `p01`, …, one for each score."""
        store = self.runtime.store
        problems = [
            make_problem(f"p{index:02d}", title=f"Problem {index}", statement=f"Statement {index}.", **fields)
            for index in range(len(scores))
        ]
        for problem, score in zip(problems, scores, strict=True):
            await store.problems.put(problem)
            await store.verifications.put(make_verification(id=problem.id))
            await store.predictions.put(
                make_prediction(id=problem.id, overall=score, scorer=scorer, prompt_digest=self.digest)
            )
        return problems

    async def close(self) -> None:
        for parts in self._started:
            for close in reversed(parts.close):
                await close()


@pytest_asyncio.fixture
async def bench(
    store: Store, runtime: MakeRuntime, serve: Serve, scripted_openai: ScriptedOpenAI, scripted_judge: ScriptedJudge
) -> AsyncIterator[Bench]:
    made = Bench(runtime, serve, scripted_openai, scripted_judge)
    await made.start()
    yield made
    await made.close()
