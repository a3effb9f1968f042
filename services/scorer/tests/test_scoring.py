"""Scores over gRPC and from the bus."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from microcoder.bus import Bus, WorkerPolicy
from microcoder.core.difficulty import Level
from microcoder.core.errors import InvalidArgument, MicrocoderError, NotFound
from microcoder.core.timeline import Stage
from microcoder.scorer.settings import RATIONALE
from microcoder.store import Store
from microcoder.telemetry import Metric
from microcoder.testing.builders import make_problem
from microcoder.testing.bus import events_on
from microcoder.testing.openai import Answer, ChatRequest, Hang, HttpReply
from microcoder.v1 import difficulty_pb2, events_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.wire import Topic

NAMES = ("comprehension", "algorithmic_thinking", "implementation", "knowledge", "edge_cases")
T = 20.0


def answer(*scores: int) -> str:
    return json.dumps({RATIONALE: "Because.", **dict(zip(NAMES, scores, strict=True))})


def inline(statement: str = "Print 42.", **fields: Any) -> pb.ScoreProblemRequest:
    return pb.ScoreProblemRequest(
        target=pb.ScoreTarget(inline_problem=pb.InlineProblem(title="Answer", statement=statement)), **fields
    )


def by_id(problem_id: str, **fields: Any) -> pb.ScoreProblemRequest:
    return pb.ScoreProblemRequest(target=pb.ScoreTarget(problem_id=problem_id), **fields)


async def verify(bench: Any, problem: Any) -> None:
    """Says that a problem is verified, as the judge does."""
    await bench.runtime.publish(events_pb2.ProblemVerified(problem_id=problem.id, revision=problem.revision))


@contextlib.asynccontextmanager
async def working(bench: Any) -> AsyncIterator[None]:
    """The scorer's bus worker, running."""
    (worker,) = bench.parts.workers
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.drain()
        await running


async def until(condition: Any) -> None:
    """Waits for an awaitable condition to hold."""
    async with asyncio.timeout(T):
        # Polled: what is waited for is on the other side of a socket.
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_verified_problem_is_scored_noted_and_announced(bench: Any, store: Store, bus: Bus) -> None:
    bench.llm.script = lambda request: [answer(1, 1, 1, 1, 1), answer(3, 3, 3, 3, 3), answer(5, 5, 5, 5, 5)]
    problem = make_problem()
    await store.problems.put(problem)
    async with working(bench):
        await verify(bench, problem)
        await until(lambda: _count(bus, Topic.PROBLEM_SCORED, 1))
    prediction = await store.predictions.get(problem.id)
    assert (prediction.overall, prediction.level, len(prediction.samples)) == (3.0, Level.HARD, 3)
    assert (prediction.scorer, prediction.prompt_digest) == ("scripted", bench.digest)
    (entry,) = await store.timeline.of(problem.id)
    assert entry.stage is Stage.SCORED
    assert "3.00 of 5, hard" in entry.summary
    (event,) = await events_on(bus, Topic.PROBLEM_SCORED)
    assert (event.problem_scored.problem_id, event.problem_scored.overall) == (problem.id, 3.0)
    (request,) = bench.llm.requests
    assert (request.n, request.body["max_tokens"]) == (3, 200)
    assert "Given two integers" in request.prompt


async def test_a_repeated_event_asks_nothing_and_announces_again(bench: Any, store: Store, bus: Bus) -> None:
    problem = make_problem()
    await store.problems.put(problem)
    async with working(bench):
        for times in (1, 2):
            await verify(bench, problem)
            await until(lambda times=times: _count(bus, Topic.PROBLEM_SCORED, times))
    assert len(bench.llm.requests) == 1
    assert len(await store.timeline.of(problem.id)) == 1


async def test_an_event_about_an_older_revision_changes_nothing(bench: Any, store: Store, bus: Bus) -> None:
    newer = make_problem(revision=2)
    await store.problems.put(newer)
    async with working(bench):
        await verify(bench, make_problem(revision=1))
        await verify(bench, newer)
        await until(lambda: _count(bus, Topic.PROBLEM_SCORED, 1))
    assert [event.problem_scored.revision for event in await events_on(bus, Topic.PROBLEM_SCORED)] == [2]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("I rate this problem eleven out of ten.", "no JSON object"),
        (answer(9, 9, 9, 9, 9), "is a score"),
        (HttpReply(status=503), "503"),
        (HttpReply(body=b"<html>"), "nonsense"),
        (Hang(), "did not answer within 0.3 s"),
    ],
)
async def test_a_model_that_fails_on_one_problem_leaves_the_others_alone(
    bench: Any, store: Store, bus: Bus, trouble: Answer, reason: str
) -> None:
    bad, good = make_problem("bad", statement="Poison."), make_problem("good", statement="Fine.")
    for problem in (bad, good):
        await store.problems.put(problem)

    def script(request: ChatRequest) -> Answer:
        return trouble if "Poison" in request.prompt else answer(2, 2, 2, 2, 2)

    bench.llm.script = script
    policy = WorkerPolicy(in_place_retries=1, retry_delays_s=(), max_postponements=1)
    await bench.start(llm={"timeout_s": 0.3}, policy=policy, endpoint_pause_s=0.05)
    async with working(bench):
        await verify(bench, bad)
        await verify(bench, good)
        await until(lambda: _dead_letters(bus, 1))
        await until(lambda: _count(bus, Topic.PROBLEM_SCORED, 1))
    (dead,) = [message async for message in bus.read(Topic.PROBLEM_VERIFIED.dlq)]
    assert reason in " ".join(dead.headers.values())
    assert await store.predictions.find(bad.id) is None
    assert await store.predictions.find(good.id) is not None


async def test_problems_wait_for_an_endpoint_that_comes_up_later(bench: Any, store: Store, bus: Bus) -> None:
    problem = make_problem()
    await store.problems.put(problem)
    bench.llm.script = lambda request: HttpReply(status=503)
    await bench.start(policy=WorkerPolicy(in_place_retries=0, retry_delays_s=()), endpoint_pause_s=0.05)
    async with working(bench):
        await verify(bench, problem)
        await until(lambda: _asked(bench, 6))
        bench.llm.script = lambda request: answer(2, 2, 2, 2, 2)
        await until(lambda: _count(bus, Topic.PROBLEM_SCORED, 1))
    assert [message async for message in bus.read(Topic.PROBLEM_VERIFIED.dlq)] == []


async def test_the_reasons_bound_is_for_the_endpoint_only(bench: Any) -> None:
    bench.llm.script = lambda request: json.dumps({RATIONALE: "x" * 5_000, **dict.fromkeys(NAMES, 3)})
    response = await bench.rpc.ScoreProblem(inline(), timeout=T)
    assert len(response.prediction.samples[0].rationale) == 1_000
    assert bench.llm.requests[0].json_schema["properties"][RATIONALE]["maxLength"] == 100
    await bench.start(max_rationale_chars=0)
    await bench.rpc.ScoreProblem(inline(), timeout=T)
    assert "maxLength" not in bench.llm.requests[1].json_schema["properties"][RATIONALE]


async def test_samples_that_cannot_be_read_are_counted(bench: Any, store: Store) -> None:
    bench.llm.script = lambda request: [answer(2, 2, 2, 2, 2), "nonsense", answer(4, 4, 4, 4, 4)]
    response = await bench.rpc.ScoreProblem(inline(), timeout=T)
    assert response.prediction.overall == pytest.approx(3.0)
    assert (len(response.prediction.samples), response.prediction.failed_samples) == (2, 1)
    assert bench.runtime.metrics.value(Metric.LLM_UNPARSED, model="scripted") == 1
    assert bench.runtime.metrics.value(Metric.LLM_REQUESTS, model="scripted", outcome="ok") == 1


async def test_a_known_score_is_given_while_the_model_is_away(bench: Any, store: Store) -> None:
    (problem,) = await bench.add([1.5])
    await bench.start(llm={"base_url": "http://127.0.0.1:9/v1", "max_retries": 0})
    response = await bench.rpc.ScoreProblem(by_id(problem.id), timeout=T)
    assert response.prediction.overall == 1.5
    with pytest.raises(MicrocoderError, match="cannot be reached"):
        await bench.rpc.ScoreProblem(by_id(problem.id, refresh=True), timeout=T)


@pytest.mark.parametrize("change", [{"scorer": "older-model"}, {"revision": 2}])
async def test_a_score_by_another_model_or_of_another_revision_is_made_anew(
    bench: Any, store: Store, change: dict[str, Any]
) -> None:
    problem = (await bench.add([1.5], **change))[0]
    response = await bench.rpc.ScoreProblem(by_id(problem.id), timeout=T)
    assert response.prediction.overall == 3.0
    assert (await store.predictions.get(problem.id)).scorer == "scripted"


async def test_another_rubric_makes_scores_anew(bench: Any, store: Store) -> None:
    (problem,) = await bench.add([1.5])
    rubric = {"dimensions": [{"name": "size", "definition": "how large it is", "weight": 1.0}]}
    await bench.start(rubric=rubric)
    response = await bench.rpc.ScoreProblem(by_id(problem.id), timeout=T)
    assert set(response.prediction.dimensions) == {"size"}
    assert response.prediction.prompt_digest != bench.digest


async def test_refresh_replaces_a_known_score(bench: Any, store: Store) -> None:
    (problem,) = await bench.add([1.5])
    await bench.rpc.ScoreProblem(by_id(problem.id, refresh=True), timeout=T)
    assert (await store.predictions.get(problem.id)).overall == 3.0


async def test_wrong_requests_say_what_is_wrong(bench: Any) -> None:
    with pytest.raises(InvalidArgument, match="target is missing"):
        await bench.rpc.ScoreProblem(pb.ScoreProblemRequest(), timeout=T)
    with pytest.raises(InvalidArgument, match="statement is empty"):
        await bench.rpc.ScoreProblem(inline("  "), timeout=T)
    with pytest.raises(NotFound):
        await bench.rpc.ScoreProblem(by_id("nobody.knows"), timeout=T)
    with pytest.raises(NotFound):
        await bench.rpc.ScoreProblem(inline(calibration_id="cal-none"), timeout=T)
    with pytest.raises(InvalidArgument, match="at most 100"):
        await bench.rpc.BatchScoreProblems(pb.BatchScoreProblemsRequest(requests=[inline()] * 101), timeout=T)


async def test_a_batch_gives_each_its_own_outcome_in_order(bench: Any) -> None:
    (known,) = await bench.add([1.5])
    requests = [by_id(known.id), by_id("nobody.knows"), inline()]
    response = await bench.rpc.BatchScoreProblems(pb.BatchScoreProblemsRequest(requests=requests), timeout=T)
    assert [outcome.index for outcome in response.outcomes] == [0, 1, 2]
    assert [outcome.WhichOneof("outcome") for outcome in response.outcomes] == ["score", "error", "score"]
    assert response.outcomes[0].score.prediction.overall == 1.5


async def test_a_stream_answers_while_it_is_still_being_sent(bench: Any) -> None:
    answered = asyncio.Event()

    async def requests() -> AsyncIterator[pb.StreamScoresRequest]:
        yield pb.StreamScoresRequest(request=inline("First."))
        await answered.wait()
        for number in range(20):
            yield pb.StreamScoresRequest(request=inline(f"Problem {number}."))

    seen = []
    async for response in bench.rpc.StreamScores(requests(), timeout=T):
        seen.append(response.outcome.index)
        answered.set()
    assert seen[0] == 0
    assert sorted(seen) == list(range(21))
    assert response.outcome.score.prediction.level == difficulty_pb2.LEVEL_HARD


async def _asked(bench: Any, times: int) -> bool:
    return len(bench.llm.requests) >= times


async def _count(bus: Bus, topic: Topic, number: int) -> bool:
    return len(await events_on(bus, topic)) >= number


async def _dead_letters(bus: Bus, number: int) -> bool:
    return len([message async for message in bus.read(Topic.PROBLEM_VERIFIED.dlq)]) >= number
