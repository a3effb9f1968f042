"""Calibrations: attempts of a scripted model, judged by a scripted judge."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from microcoder.core.difficulty import Calibration, CalibrationItem, CalibrationSpec
from microcoder.core.errors import FailedPrecondition, InvalidArgument, NotFound
from microcoder.core.run import RunState
from microcoder.core.timeline import Stage
from microcoder.core.verdict import Verdict
from microcoder.store import Store
from microcoder.testing.builders import NOW
from microcoder.testing.openai import Answer, ChatRequest, HttpReply
from microcoder.v1 import difficulty_pb2, judge_service_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.wire import from_proto, to_proto

T = 20.0
SCORES = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
PROGRAM = "```python\nprint({number})\n```"


@contextlib.asynccontextmanager
async def running(bench: Any) -> AsyncIterator[None]:
    """The scorer's queue of calibrations, being worked off."""
    (run,) = bench.parts.tasks
    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def calibrate(bench: Any, **spec: Any) -> Calibration:
    """Asks for a calibration and watches it to its end."""
    wanted = CalibrationSpec(**({"problems": len(SCORES), "attempts": 2} | spec))
    request = pb.CreateCalibrationRequest(spec=to_proto(wanted, difficulty_pb2.CalibrationSpec))
    created = await bench.rpc.CreateCalibration(request, timeout=T)
    return await watched(bench, created.calibration.id)


async def watched(bench: Any, calibration_id: str) -> Calibration:
    watching = bench.rpc.WatchCalibration(pb.WatchCalibrationRequest(calibration_id=calibration_id), timeout=T)
    states = [from_proto(response.calibration, Calibration) async for response in watching]
    assert states[-1].state.ended
    return states[-1]


def solves_the_easy(bench: Any, *, up_to: int) -> None:
    """The model writes its problem's number, and the judge accepts programs of the easiest problems."""

    def write(request: ChatRequest) -> Answer:
        number = request.prompt.split("Problem ")[1].split()[0]
        return PROGRAM.format(number=number)

    def decide(submission: judge_service_pb2.Submission) -> Verdict:
        number = int(submission.source.decode().split("(")[1].split(")")[0])
        assert submission.problem_id.endswith(f"p{number:02d}")
        return Verdict.AC if number < up_to else Verdict.WA

    bench.llm.script = write
    bench.judge.script = decide


async def test_finds_the_curve_and_its_boundaries(bench: Any, store: Store) -> None:
    problems = await bench.add(SCORES)
    solves_the_easy(bench, up_to=4)
    async with running(bench):
        done = await calibrate(bench)
    assert (done.state, done.message) == (RunState.SUCCEEDED, "")
    assert (done.model, done.scorer) == ("scripted", "scripted")
    assert [(item.predicted, item.attempts, item.passed) for item in done.items] == [
        (score, 2, 2 if score < 3 else 0) for score in SCORES
    ]
    assert [point.pass_rate for point in done.curve] == [1.0] * 4 + [0.0] * 4
    # Between 2.5 (all pass) and 3.0 (none does) the curve is straight.
    assert (done.easy_below, done.hard_above) == pytest.approx((2.625, 2.875))
    assert done.spearman == pytest.approx(0.873, abs=1e-3)
    assert (done.progress.done, done.progress.total) == (8, 8)
    (entry,) = await store.timeline.of(problems[0].id)
    assert entry.stage is Stage.CALIBRATED
    assert "2 of 2 attempts" in entry.summary


async def test_its_curve_turns_scores_into_chances(bench: Any) -> None:
    problems = await bench.add(SCORES)
    solves_the_easy(bench, up_to=4)
    async with running(bench):
        done = await calibrate(bench)
    target = pb.ScoreTarget(problem_id=problems[0].id)
    request = pb.ScoreProblemRequest(target=target, calibration_id=done.id)
    calibrated = (await bench.rpc.ScoreProblem(request, timeout=T)).calibrated
    assert (calibrated.model, calibrated.pass_rate) == ("scripted", 1.0)
    assert 0 < calibrated.low < calibrated.high == 1.0
    assert calibrated.level == difficulty_pb2.LEVEL_EASY


async def test_asks_as_the_specification_says(bench: Any) -> None:
    await bench.add(SCORES)
    bench.llm.script = lambda request: "no program"
    async with running(bench):
        done = await calibrate(
            bench, attempts=3, temperature=0.9, max_tokens=77, seed=5, worked_examples=2, model="target"
        )
    assert done.model == "target"
    request = bench.llm.requests[0]
    assert request.model == "target"
    sent = {name: request.body[name] for name in ("n", "temperature", "max_tokens", "seed")}
    assert sent == {"n": 3, "temperature": 0.9, "max_tokens": 77, "seed": 5}
    assert [message["role"] for message in request.messages] == ["system", *["user", "assistant"] * 2, "user"]


async def test_answers_without_a_program_fail_and_are_not_judged(bench: Any) -> None:
    await bench.add(SCORES)
    bench.llm.script = lambda request: "I would use dynamic programming."
    async with running(bench):
        done = await calibrate(bench)
    assert bench.judge.submissions == []
    assert {(item.attempts, item.passed) for item in done.items} == {(2, 0)}
    assert done.state is RunState.SUCCEEDED
    assert (done.easy_below, done.hard_above, done.spearman) == (2.5, 2.75, None)
    assert "default boundaries stay" in done.message


async def test_trouble_of_judge_and_model_is_left_out_and_told(bench: Any) -> None:
    await bench.add(SCORES)

    def write(request: ChatRequest) -> Answer:
        if "Problem 0" in request.prompt:
            return HttpReply(status=400, body=b"prompt is too long")
        return PROGRAM.format(number=request.prompt.split("Problem ")[1].split()[0])

    def decide(submission: judge_service_pb2.Submission) -> Verdict:
        if submission.source.startswith(b"print(1)"):
            raise FailedPrecondition("the tests are gone")
        return Verdict.WA

    bench.llm.script, bench.judge.script = write, decide
    async with running(bench):
        done = await calibrate(bench)
    assert done.state is RunState.SUCCEEDED
    assert [item.predicted for item in done.items] == SCORES[2:]
    assert "4 attempts are left out" in done.message


async def test_an_endpoint_that_refuses_fails_it_with_the_reason(bench: Any) -> None:
    await bench.add(SCORES)
    bench.llm.script = lambda request: HttpReply(status=401)
    async with running(bench):
        done = await calibrate(bench)
        assert done.state is RunState.FAILED
        assert "MICROCODER_LLM__API_KEY" in done.message
        # The queue goes on.
        solves_the_easy(bench, up_to=4)
        assert (await calibrate(bench)).state is RunState.SUCCEEDED


async def test_an_endpoint_that_is_still_loading_is_waited_for(bench: Any) -> None:
    await bench.add(SCORES)
    await bench.start(llm={"base_url": "http://127.0.0.1:9/v1", "model": "scripted"}, endpoint_patience_s=0.2)
    async with running(bench):
        done = await calibrate(bench)
    assert done.state is RunState.FAILED
    assert "No LLM after 0.2 s" in done.message
    assert not any(item.attempts for item in done.items)


async def test_a_judge_that_is_away_fails_it_with_the_reason(bench: Any) -> None:
    await bench.add(SCORES)
    solves_the_easy(bench, up_to=4)
    bench.judge.address = "127.0.0.1:9"
    await bench.start(judge_timeout_s=0.2)
    async with running(bench):
        done = await calibrate(bench)
    assert done.state is RunState.FAILED
    assert "Only 0 problems" in done.message


async def test_too_few_problems_fail_it_with_what_to_do(bench: Any) -> None:
    await bench.add(SCORES[:3])
    async with running(bench):
        done = await calibrate(bench)
    assert done.state is RunState.FAILED
    assert "there are 3" in done.message


async def test_goes_on_where_a_killed_service_left_it(bench: Any, store: Store) -> None:
    problems = await bench.add(SCORES)
    items = [
        CalibrationItem(problem_id=problem.id, predicted=score, attempts=0, passed=0)
        for problem, score in zip(problems, SCORES, strict=True)
    ]
    items[0] = dataclasses.replace(items[0], attempts=2, passed=1)
    await store.calibrations.put(
        Calibration(
            id="cal-killed",
            spec=CalibrationSpec(problems=8, attempts=2),
            state=RunState.RUNNING,
            model="scripted",
            scorer="scripted",
            items=tuple(items),
            created_time=NOW,
        )
    )
    solves_the_easy(bench, up_to=4)
    async with running(bench):
        done = await watched(bench, "cal-killed")
    assert done.state is RunState.SUCCEEDED
    assert len(bench.llm.requests) == 7
    assert (done.items[0].passed, done.items[1].passed) == (1, 2)
    assert done.progress.done == 8


@pytest.mark.parametrize(
    "spec", [{"problems": 3}, {"attempts": 65}, {"temperature": 2.5}, {"worked_examples": 3}, {"seed": -1}]
)
async def test_numbers_out_of_their_range_are_refused(bench: Any, spec: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(spec))):
        await calibrate(bench, **spec)


async def test_lists_and_gets(bench: Any, store: Store) -> None:
    for index in range(3):
        calibration = Calibration(id=f"cal-{index}", spec=CalibrationSpec(), created_time=NOW.replace(second=index))
        await store.calibrations.put(calibration)
    page = await bench.rpc.ListCalibrations(pb.ListCalibrationsRequest(page_size=2), timeout=T)
    assert [item.id for item in page.calibrations] == ["cal-2", "cal-1"]
    rest = await bench.rpc.ListCalibrations(
        pb.ListCalibrationsRequest(page_size=2, page_token=page.next_page_token), timeout=T
    )
    assert [item.id for item in rest.calibrations] == ["cal-0"]
    with pytest.raises(NotFound):
        await bench.rpc.GetCalibration(pb.GetCalibrationRequest(calibration_id="cal-x"), timeout=T)
