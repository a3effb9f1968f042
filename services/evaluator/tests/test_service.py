"""The service over gRPC: real store, bus and endpoint over HTTP; only the judge is a plain one."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from microcoder.core.evaluation import ItemResult
from microcoder.core.livecodebench import official_results
from microcoder.core.release import Release, ReleasePolicy
from microcoder.core.verdict import Verdict
from microcoder.store import Store
from microcoder.testing.builders import NOW, make_problem
from microcoder.testing.judge import ScriptedJudge
from microcoder.testing.openai import ChatRequest, Hang, HttpReply, ScriptedOpenAI, Texts
from microcoder.v1 import evaluation_pb2, events_pb2, run_pb2
from microcoder.v1 import evaluator_service_pb2 as pb
from microcoder.wire import from_proto

Start = Callable[..., Awaitable[Any]]
TIMEOUT = 30

RIGHT = {
    "Three Coins": "print(sum(map(int, input().split())))",
    "Smaller Shoe": "print(min(map(int, input().split())))",
    "Next Page": "print(int(input()) + 1)",
    "Word Length": "print(len(input().strip()))",
    "Pocket Money": "class Solution:\n    def moneyNow(self, saved, gift):\n        return saved + gift",
    "Guest List": "def uniqueNames(names):\n    return sorted(set(names))",
}


def fenced(program: str) -> str:
    return f"Here it is.\n```python\n{program}\n```\n"


def title_of(request: ChatRequest) -> str:
    return request.prompt.splitlines()[0].removeprefix("# ")


def half_right(request: ChatRequest) -> list[str]:
    """The first of the samples is right where the answer is known; the others are wrong, the last has no program."""
    program = RIGHT.get(title_of(request), "print('?')")
    texts = [fenced(program), *[fenced("print(-1)")] * request.n]
    return [*texts[: request.n - 1], "I cannot."] if request.n > 1 else texts[:1]


async def created(stub: Any, dataset: Path, **fields: Any) -> evaluation_pb2.EvaluationRun:
    spec = evaluation_pb2.EvaluationSpec(dataset=str(dataset), **fields)
    request = pb.CreateEvaluationRunRequest(spec=spec)
    run: evaluation_pb2.EvaluationRun = (await stub.CreateEvaluationRun(request, timeout=TIMEOUT)).evaluation_run
    return run


def lines_of(dataset: Path) -> list[str]:
    return dataset.read_text().splitlines(keepends=True)


async def ended(stub: Any, run_id: str) -> evaluation_pb2.EvaluationRun:
    last: evaluation_pb2.EvaluationRun | None = None
    async for update in stub.WatchEvaluationRun(pb.WatchEvaluationRunRequest(run_id=run_id), timeout=TIMEOUT):
        last = update.evaluation_run
    assert last is not None
    return last


async def results(stub: Any, run_id: str) -> dict[str, ItemResult]:
    page = await stub.ListItemResults(pb.ListItemResultsRequest(run_id=run_id, page_size=500), timeout=TIMEOUT)
    return {result.item_id: from_proto(result, ItemResult) for result in page.results}


def cell(run: evaluation_pb2.EvaluationRun, platform: str, level: str, k: int = 1) -> evaluation_pb2.PassAtK:
    (found,) = [c for c in run.table if (c.platform, c.level, c.k) == (platform, level, k)]
    return found


async def test_a_run_from_prompt_to_table(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path, store: Store
) -> None:
    scripted_openai.script = half_right
    stub = await start()
    run = await created(stub, dataset, samples=3, ks=[1, 3], worked_examples=2, seed=7)
    assert run.state == run_pb2.RUN_STATE_PENDING
    run = await ended(stub, run.id)
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED, run.message
    assert (run.model, run.progress.done, run.progress.total) == ("scripted", 12, 12)
    assert len(run.dataset_digest) == 64
    assert cell(run, "sample-a", "easy").value == pytest.approx(4 / 15)
    assert cell(run, "sample-a", "easy", k=3).value == pytest.approx(4 / 5)
    assert cell(run, "sample-b", "all", k=3).value == pytest.approx(2 / 5)
    overall = cell(run, "all", "all", k=3)
    assert (overall.items, overall.value) == (12, 0.5)
    assert 0.0 < overall.low < 0.5 < overall.high < 1.0
    assert run.no_code_rate == pytest.approx(1 / 3)
    assert (run.truncated_rate, run.lost_samples, run.message) == (0.0, 0, "")
    found = await results(stub, run.id)
    assert found["sample_a1"].passed == 1
    assert found["sample_a1"].programs[0].startswith("print(sum(")
    assert [v.value for v in found["sample_a1"].verdicts] == ["AC", "WA", "CE"]
    assert official_results(found.values())[0]["graded_list"] == [True, False, False]
    asked = scripted_openai.requests[0]
    assert (asked.n, asked.body["max_tokens"], len(asked.messages)) == (3, 512, 6)
    pending = await store.evaluation_runs.pending_outbox()
    events = [events_pb2.Event.FromString(record.value) for _, records in pending for record in records]
    states = [event.evaluation_run_changed.state for event in events]
    assert states == [run_pb2.RUN_STATE_PENDING, run_pb2.RUN_STATE_RUNNING, run_pb2.RUN_STATE_SUCCEEDED]


async def test_equal_programs_are_judged_once_and_tests_travel_in_parts(
    start: Start, judge: ScriptedJudge, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    scripted_openai.script = lambda request: Texts(texts=[fenced(RIGHT["Three Coins"])] * 4, finish_reason="length")
    stub = await start(judge_request_bytes=1)
    run = await ended(stub, (await created(stub, dataset, max_items=1)).id)
    assert cell(run, "all", "all").value == 1.0
    assert run.truncated_rate == 1.0
    assert len(judge.submissions) == 6  # one a test, once for four equal programs
    task = judge.submissions[0].inline_task
    assert (task.limits.cpu_time_ms, task.checker.case_sensitive) == (6000, True)


async def test_a_judge_in_trouble_loses_samples_and_a_resume_judges_them_without_asking_the_model_again(
    start: Start, judge: ScriptedJudge, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    scripted_openai.script = half_right
    gives_verdicts, judge.script = judge.script, lambda submission: Verdict.IE
    stub = await start(judge_timeout_s=0.3, max_lost_items=100)
    run = await ended(stub, (await created(stub, dataset, samples=1, max_items=2)).id)
    assert run.state == run_pb2.RUN_STATE_FAILED
    assert "No sample got a verdict" in run.message
    assert [v.value for v in (await results(stub, run.id))["sample_a1"].verdicts] == ["IE"]
    judge.script, asked = gives_verdicts, len(scripted_openai.requests)
    stub = await start()
    await stub.ResumeEvaluationRun(pb.ResumeEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)
    run = await ended(stub, run.id)
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED, run.message
    assert cell(run, "all", "all").value == 1.0
    assert len(scripted_openai.requests) == asked == 2


async def test_an_endpoint_in_trouble_loses_samples_and_never_counts_them_as_wrong(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    def flaky(request: ChatRequest) -> HttpReply | list[str]:
        return HttpReply(status=503, body=b"busy") if title_of(request) == "Next Page" else half_right(request)

    scripted_openai.script = flaky
    stub = await start()
    run = await ended(stub, (await created(stub, dataset, samples=1, max_items=4)).id)
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED, run.message
    assert run.lost_samples == 1
    assert "left out" in run.message
    overall = cell(run, "all", "all")
    assert (overall.items, overall.value) == (3, 1.0)
    assert sum(title_of(r) == "Next Page" for r in scripted_openai.requests) == 2  # it was tried in both rounds


async def test_an_endpoint_that_serves_nothing_ends_the_run_early(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    scripted_openai.script = lambda request: HttpReply(status=503, body=b"busy")
    stub = await start(max_lost_items=2)
    run = await ended(stub, (await created(stub, dataset)).id)
    assert run.state == run_pb2.RUN_STATE_FAILED
    assert "items in a row got no verdict" in run.message
    assert "Resume the run" in run.message


async def test_cancel_keeps_what_is_done_and_resume_does_not_sample_it_again(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    def slow_at_the_end(request: ChatRequest) -> Any:
        return half_right(request) if title_of(request) in ("Three Coins", "Smaller Shoe") else Hang()

    scripted_openai.script = slow_at_the_end
    stub = await start()
    run = await created(stub, dataset, samples=1, max_items=3)
    async for update in stub.WatchEvaluationRun(pb.WatchEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT):
        if update.evaluation_run.progress.done == 2:
            break
    response = await stub.CancelEvaluationRun(pb.CancelEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)
    assert response.evaluation_run.state == run_pb2.RUN_STATE_CANCELLED
    again = await stub.CancelEvaluationRun(pb.CancelEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)
    assert again.evaluation_run == response.evaluation_run
    assert set(await results(stub, run.id)) == {"sample_a1", "sample_a2"}
    scripted_openai.script = half_right
    before = len(scripted_openai.requests)
    await stub.ResumeEvaluationRun(pb.ResumeEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)
    run = await ended(stub, run.id)
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED, run.message
    assert [title_of(request) for request in scripted_openai.requests[before:]] == ["Next Page"]
    with pytest.raises(FailedPrecondition, match="only a failed or cancelled one"):
        await stub.ResumeEvaluationRun(pb.ResumeEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)


async def test_a_run_left_by_a_killed_service_goes_on_at_the_next_start(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path
) -> None:
    asked = threading.Event()

    def hang(request: ChatRequest) -> Hang:
        asked.set()
        return Hang()

    scripted_openai.script = hang
    stub = await start()
    run = await created(stub, dataset, samples=1, max_items=2)
    await asyncio.to_thread(asked.wait, TIMEOUT)
    scripted_openai.script = half_right
    stub = await start()
    run = await ended(stub, run.id)
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED, run.message


async def test_a_data_set_that_changed_is_not_resumed(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "items.jsonl"
    copy.write_text("".join(lines_of(dataset)))
    scripted_openai.script = lambda request: HttpReply(status=401, body=b"no")
    stub = await start()
    run = await ended(stub, (await created(stub, copy)).id)
    assert run.state == run_pb2.RUN_STATE_FAILED
    copy.write_text("".join(lines_of(dataset)) + "\n")
    await stub.ResumeEvaluationRun(pb.ResumeEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)
    assert "has changed since the run was created" in (await ended(stub, run.id)).message


async def test_hidden_tests_that_cannot_be_read_end_the_run_with_line_and_field(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path, tmp_path: Path
) -> None:
    record = json.loads(lines_of(dataset)[0])
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({**record, "private_test_cases": "AAAA"}) + "\n")
    scripted_openai.script = half_right
    stub = await start()
    run = await ended(stub, (await created(stub, path, samples=1)).id)
    assert run.state == run_pb2.RUN_STATE_FAILED
    assert "line 1, field private_test_cases" in run.message


async def test_contaminated_sets_are_refused(start: Start, store: Store, dataset: Path) -> None:
    record = json.loads(lines_of(dataset)[5])
    shared = make_problem("streak", title="Weather Diary", statement=record["question_content"])
    other = make_problem("other", statement="Print a tree with the given number of leaves.")
    for problem in (shared, other):
        await store.problems.insert(problem)
    for name, ids in (("dirty", (other.id, shared.id)), ("clean", (other.id,)), ("gone", ("nobody.knows",))):
        await store.releases.insert(
            Release(
                id=f"{name}-1",
                policy=ReleasePolicy(name=name),
                manifest_digest="0" * 64,
                files=(),
                problem_ids=ids,
                created_time=NOW,
            )
        )
    stub = await start()
    with pytest.raises(FailedPrecondition) as caught:
        await created(stub, dataset, training_release_id="dirty-1")
    assert caught.value.reason == "CONTAMINATED"
    assert caught.value.metadata["items"] == "sample_a6"
    assert shared.id in caught.value.message
    with pytest.raises(FailedPrecondition, match="not in the catalogue"):
        await created(stub, dataset, training_release_id="gone-1")
    with pytest.raises(NotFound):
        await created(stub, dataset, training_release_id="nobody")
    run = await created(stub, dataset, training_release_id="clean-1", max_items=1)
    await stub.CancelEvaluationRun(pb.CancelEvaluationRunRequest(run_id=run.id), timeout=TIMEOUT)


async def test_wrong_requests_are_refused_by_field(start: Start, dataset: Path, tmp_path: Path) -> None:
    stub = await start()
    cases: list[tuple[str, Path, dict[str, Any]]] = [
        ("samples", dataset, {"samples": 0}),
        ("dataset", Path("items.jsonl"), {}),
        ("dataset", tmp_path / "missing.jsonl", {}),
        ("dataset", dataset, {"platforms": ["codeforces"]}),
        ("checkpoint", dataset, {"checkpoint": str(tmp_path)}),
        ("checkpoint", dataset, {"checkpoint": str(tmp_path / "none")}),
    ]
    for field, path, fields in cases:
        with pytest.raises(InvalidArgument) as caught:
            await created(stub, path, **fields)
        assert field in caught.value.fields
    with pytest.raises(InvalidArgument) as caught:
        await stub.CreateEvaluationRun(pb.CreateEvaluationRunRequest(), timeout=TIMEOUT)
    assert "spec" in caught.value.fields
    for call, request in (
        (stub.GetEvaluationRun, pb.GetEvaluationRunRequest(run_id="eval-none")),
        (stub.CancelEvaluationRun, pb.CancelEvaluationRunRequest(run_id="eval-none")),
        (stub.ResumeEvaluationRun, pb.ResumeEvaluationRunRequest(run_id="eval-none")),
        (stub.ListItemResults, pb.ListItemResultsRequest(run_id="eval-none")),
    ):
        with pytest.raises(NotFound):
            await call(request, timeout=TIMEOUT)
    stub = await start(roots=(tmp_path,))
    with pytest.raises(PermissionDenied):
        await created(stub, dataset)


async def test_the_configured_key_is_not_sent_to_another_endpoint(
    start: Start, scripted_openai: ScriptedOpenAI, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROCODER_LLM__API_KEY", "secret")
    with ScriptedOpenAI(half_right, models=("other",)) as other:
        stub = await start()
        run = await ended(stub, (await created(stub, dataset, endpoint=other.base_url, samples=1, max_items=1)).id)
        assert run.model == "other"
        assert "authorization" not in other.requests[0].headers
    assert not scripted_openai.requests


async def test_runs_are_listed_newest_first(start: Start, scripted_openai: ScriptedOpenAI, dataset: Path) -> None:
    scripted_openai.script = half_right
    stub = await start()
    first = await created(stub, dataset, samples=1, max_items=1)
    second = await created(stub, dataset, samples=1, max_items=1)
    page = await stub.ListEvaluationRuns(pb.ListEvaluationRunsRequest(page_size=1), timeout=TIMEOUT)
    assert [run.id for run in page.evaluation_runs] == [second.id]
    request = pb.ListEvaluationRunsRequest(page_size=1, page_token=page.next_page_token)
    page = await stub.ListEvaluationRuns(request, timeout=TIMEOUT)
    assert [run.id for run in page.evaluation_runs] == [first.id]
    await ended(stub, second.id)
