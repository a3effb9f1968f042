"""The service: gRPC over a real server, verification over a real store and bus."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import pytest_asyncio

from microcoder.core.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted, Unavailable
from microcoder.core.ids import digest_of
from microcoder.core.problem import Checker, CheckerKind, IoMode, Limits, Problem, Program, SourceFile
from microcoder.core.rejection import RejectReason
from microcoder.core.timeline import Stage
from microcoder.core.verdict import JudgeReport, TestDetail, Verdict
from microcoder.core.verification import Grade
from microcoder.host import Runtime
from microcoder.judge.app import Sandbox, make_parts
from microcoder.judge.domain.engine import EngineFailed, Outcome, RunSpec
from microcoder.judge.handlers import VerifyProblem
from microcoder.judge.settings import JudgeServiceSettings
from microcoder.judge.slots import SlotPool
from microcoder.rpc import JudgeClient
from microcoder.store import Store
from microcoder.testing.builders import make_problem, make_suite, make_test_case
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.v1 import events_pb2, problem_pb2, verdict_pb2
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeStub
from microcoder.wire import Topic, from_proto, new_event

if TYPE_CHECKING:
    from microcoder.v1.judge_service_pb2_grpc import JudgeAsyncStub

RIGHT = "print(sum(map(int, input().split())))\n"
WRONG = "print(3)\n"
CASES = [("1 2\n", "3\n"), ("10 20\n", "30\n")]


@dataclass
class Service:
    """A judge behind a server, and its handler."""

    runtime: Runtime[JudgeServiceSettings]
    channel: grpc.aio.Channel
    handler: VerifyProblem

    @property
    def stub(self) -> "JudgeAsyncStub":
        return JudgeStub(self.channel)

    async def verify(self, problem: Problem, *, revision: int | None = None) -> None:
        payload = events_pb2.ProblemNormalized(problem_id=problem.id, revision=revision or problem.revision)
        await self.handler(new_event(payload, producer="test", occurred_time=self.runtime.clock()))

    async def sent(self, topic: Topic) -> list[events_pb2.Event]:
        return [events_pb2.Event.FromString(message.value) async for message in self.runtime.bus.read(topic)]


@pytest_asyncio.fixture
async def service(sandbox: Sandbox, runtime: MakeRuntime, serve: Serve) -> AsyncIterator[Service]:
    yield await start(sandbox, runtime, serve)


async def start(sandbox: Sandbox, runtime: MakeRuntime, serve: Serve) -> Service:
    around = runtime("judge", JudgeServiceSettings())
    parts, handler = make_parts(around, sandbox)
    return Service(around, await serve(parts.servicers), handler)


async def program(store: Store, name: str, code: str, *expected: Verdict, language: str = "python3") -> Program:
    main = SourceFile(path="main.py", digest=await store.blobs.put(code.encode()), size_bytes=len(code))
    return Program(name=name, language=language, files=(main,), expected=expected)


async def problem_with(store: Store, *programs: Program, **fields: Any) -> Problem:
    for data, answer in CASES:
        await store.blobs.put(data.encode())
        await store.blobs.put(answer.encode())
    cases = [make_test_case(i, input_text=data, answer_text=answer) for i, (data, answer) in enumerate(CASES)]
    problem = make_problem(suite=make_suite(*cases), programs=programs, **fields)
    await store.problems.put(problem)
    return problem


def inline(code: str, *cases: tuple[str, str], **fields: object) -> pb.Submission:
    tests = [pb.InlineTest(name=str(i), input=a.encode(), answer=b.encode()) for i, (a, b) in enumerate(cases)]
    return pb.Submission(
        language="python3",
        source=code.encode(),
        inline_task=pb.InlineTask(tests=tests),
        **fields,  # type: ignore[arg-type]
    )


def by_digest(digest: str, data: bytes = b"") -> pb.Submission:
    test = pb.InlineTest(input=data, input_digest=digest)
    return pb.Submission(language="python3", source=b"x", inline_task=pb.InlineTask(tests=[test]))


def tolerant(tolerance: float) -> pb.Submission:
    submission = inline("x", ("", ""))
    submission.inline_task.checker.float_absolute = tolerance
    return submission


async def test_inline_tests(service: Service) -> None:
    client = JudgeClient(service.channel)
    report = await client.judge(inline(RIGHT, *CASES), timeout_s=60)
    assert (report.verdict, report.passed, report.total) == (Verdict.AC, 2, 2)
    assert report.tier
    assert report.judge_version == "0.0.0"
    assert report.results[0].cpu_time_ms > 0
    wrong = await client.judge(inline(WRONG, *CASES), timeout_s=60)
    assert [result.verdict for result in wrong.results] == [Verdict.AC, Verdict.WA]


async def test_results_are_streamed_as_they_come(service: Service) -> None:
    request = pb.StreamSubmissionRequest(submission=inline(WRONG, *CASES))
    updates = [update async for update in service.stub.StreamSubmission(request, timeout=60)]
    assert [update.WhichOneof("update") for update in updates] == ["result", "result", "report"]
    assert from_proto(updates[-1].report, JudgeReport).verdict is Verdict.WA


async def test_a_problem_of_the_catalogue(service: Service, store: Store) -> None:
    problem = await problem_with(store)
    submission = pb.Submission(
        language="python3",
        source=WRONG.encode(),
        problem_id=problem.id,
        stop_mode=verdict_pb2.STOP_MODE_FIRST_FAIL,
    )
    report = await JudgeClient(service.channel).judge(submission, timeout_s=60)
    assert [result.verdict for result in report.results] == [Verdict.AC, Verdict.WA]
    submission.problem_id = "no.such"
    with pytest.raises(NotFound):
        await JudgeClient(service.channel).judge(submission, timeout_s=60)


async def test_limits_of_a_problem_are_for_compiled_programs_and_those_of_a_request_are_exact(
    service: Service, store: Store
) -> None:
    problem = await problem_with(store, limits=Limits(cpu_time_ms=300))
    code = f"import time\nwhile time.process_time() < 0.5: pass\n{RIGHT}"
    submission = pb.Submission(language="python3", source=code.encode(), problem_id=problem.id)
    client = JudgeClient(service.channel)
    assert (await client.judge(submission, timeout_s=60)).verdict is Verdict.AC
    submission.limits.cpu_time_ms, submission.limits.memory_bytes, submission.limits.output_bytes = 300, 2**27, 1000
    assert (await client.judge(submission, timeout_s=60)).verdict is Verdict.TLE


async def test_the_detail_is_of_the_first_failed_test_and_only_where_asked_for(service: Service) -> None:
    tests = [*CASES, ("5 5\n", "10\n")]
    code = "import sys\nprint('note', file=sys.stderr)\nprint(3)\n"
    client = JudgeClient(service.channel)
    report = await client.judge(inline(code, *tests, detail_bytes=4), timeout_s=60)
    assert [result.detail for result in report.results] == [
        None,
        TestDetail(input=b"10 2", output=b"3\n", answer=b"30\n", error=b"note"),
        None,
    ]
    report = await client.judge(inline(code, *tests), timeout_s=60)
    assert all(result.detail is None for result in report.results)


async def test_a_batch_answers_each_submission_whatever_becomes_of_the_others(service: Service) -> None:
    submissions = {"right": inline(RIGHT, *CASES), "wrong": inline(WRONG, *CASES), "bad": inline("x")}

    async def requests() -> AsyncIterator[pb.JudgeBatchRequest]:
        for name, submission in submissions.items():
            yield pb.JudgeBatchRequest(item_id=name, submission=submission)

    found = {answer.item_id: answer async for answer in service.stub.JudgeBatch(requests(), timeout=60)}
    assert found["right"].report.verdict == verdict_pb2.VERDICT_AC
    assert found["wrong"].report.verdict == verdict_pb2.VERDICT_WA
    assert found["bad"].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "submission.inline_task.tests" in found["bad"].error.metadata


async def test_tests_by_digest(service: Service, store: Store) -> None:
    put = pb.PutTestsRequest(contents=[text.encode() for case in CASES for text in case])
    digests = [digest_of(content) for content in put.contents]
    pairs = [pb.InlineTest(input_digest=a, answer_digest=b) for a, b in zip(digests[::2], digests[1::2], strict=True)]
    submission = pb.Submission(language="python3", source=RIGHT.encode(), inline_task=pb.InlineTask(tests=pairs))
    client = JudgeClient(service.channel)
    with pytest.raises(FailedPrecondition) as error:
        await client.judge(submission, timeout_s=30)
    assert error.value.reason == "TESTS_MISSING"
    assert digests[0] in error.value.metadata["digests"]
    assert list((await service.stub.PutTests(put, timeout=10)).digests) == digests
    assert (await client.judge(submission, timeout_s=60)).passed == 2
    submission.inline_task.tests[0].input_digest = await store.blobs.put(b"100 200")
    assert [r.verdict for r in (await client.judge(submission, timeout_s=60)).results] == [Verdict.WA, Verdict.AC]


async def test_a_repeated_request_gets_the_same_report(service: Service) -> None:
    code = "import time\nprint(time.time(), flush=True)\nprint('x')"
    request = pb.JudgeSubmissionRequest(submission=inline(code, ("", ""), detail_bytes=100), request_id="one")
    first = await service.stub.JudgeSubmission(request, timeout=60)
    assert await service.stub.JudgeSubmission(request, timeout=60) == first
    request.request_id = "two"
    assert await service.stub.JudgeSubmission(request, timeout=60) != first
    request.submission.source = b"other"
    with pytest.raises(InvalidArgument):
        await service.stub.JudgeSubmission(request, timeout=60)


async def test_a_budget_for_all_tests(service: Service) -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass"
    report = await JudgeClient(service.channel).judge(inline(code, *[("", "")] * 4, cpu_budget_ms=300), timeout_s=60)
    assert [r.verdict for r in report.results] == [Verdict.AC, Verdict.AC, Verdict.TLE, Verdict.SKIPPED]
    assert report.verdict is Verdict.TLE


async def test_languages_have_other_names(service: Service) -> None:
    submission = inline(RIGHT, *CASES)
    submission.language = "Python 3"
    assert (await JudgeClient(service.channel).judge(submission, timeout_s=60)).verdict is Verdict.AC


@pytest.mark.parametrize(
    ("submission", "field"),
    [
        (pb.Submission(language="cobol", source=b"x", problem_id="x"), "language"),
        (pb.Submission(language="python3", source=b"x"), "submission.task"),
        (inline("x"), "submission.inline_task.tests"),
        (inline("x", ("", ""), limits=problem_pb2.Limits(cpu_time_ms=10**9)), "cpu_time_ms"),
        (inline("x", ("", ""), detail_bytes=2**30), "submission.detail_bytes"),
        (inline("x", ("", ""), fair_key="k" * 101), "submission.fair_key"),
        (inline("x", ("", ""), cpu_budget_ms=-1), "submission.cpu_budget_ms"),
        (by_digest("x"), "submission.inline_task.tests[0].input_digest"),
        (by_digest("0" * 64, b"value"), "submission.inline_task.tests[0].input"),
        (tolerant(float("nan")), "submission.inline_task.checker.float_absolute"),
        (inline("x", ("", ""), stop_mode=77), "submission.stop_mode"),
    ],
)
async def test_wrong_requests(service: Service, submission: pb.Submission, field: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        await JudgeClient(service.channel).judge(submission, timeout_s=30)
    assert field in error.value.fields


async def test_programs_points_and_files_by_value(service: Service) -> None:
    client = JudgeClient(service.channel)
    talk = b"import sys\nprint(20, flush=True)\nsys.exit(42 if sys.stdin.readline().strip() == '21' else 43)\n"
    dialogue = inline("print(int(input()) + 1, flush=True)", ("", ""))
    dialogue.inline_task.interactive = True
    dialogue.inline_task.checker.kind = problem_pb2.CHECKER_KIND_CUSTOM
    dialogue.inline_task.checker_program.CopyFrom(
        pb.InlineProgram(language="python3", files={"talk.py": talk}, main="talk.py")
    )
    assert (await client.judge(dialogue, timeout_s=60)).verdict is Verdict.AC
    points = inline("print(3)", ("", "3"), ("", "4"))
    for group, test in zip(("a", "b"), points.inline_task.tests, strict=True):
        test.group = group
        points.inline_task.groups.add(name=group, accept_score=10, break_on_reject=False)
    points.inline_task.groups.add(name="", break_on_reject=False)
    report = await client.judge(points, timeout_s=60)
    assert (report.verdict, report.score, report.max_score) == (Verdict.WA, 10, 20)
    assert [(group.name, group.verdict) for group in report.groups] == [
        ("", Verdict.WA), ("a", Verdict.AC), ("b", Verdict.WA),
    ]  # fmt: skip
    files = inline("open('x.out', 'w').write(open('x.in').read())", ("7", "7"))
    files.inline_task.input_file, files.inline_task.output_file = "x.in", "x.out"
    assert (await client.judge(files, timeout_s=60)).verdict is Verdict.AC


@pytest.mark.parametrize(
    ("task", "field"),
    [
        (pb.InlineTask(checker=problem_pb2.Checker(kind=problem_pb2.CHECKER_KIND_CUSTOM)), "checker_program"),
        (pb.InlineTask(checker=problem_pb2.Checker(kind=problem_pb2.CHECKER_KIND_TESTLIB)), "checker_program"),
        (pb.InlineTask(checker_program=pb.InlineProgram(language="python3")), "checker.kind"),
        (pb.InlineTask(checker=problem_pb2.Checker(program=problem_pb2.Program())), "checker.program"),
        (pb.InlineTask(interactive=True), "interactor"),
        (pb.InlineTask(interactor=pb.InlineProgram(language="python3")), "interactive"),
        (pb.InlineTask(input_file="../x"), "input_file"),
        (pb.InlineTask(output_file="x", function=problem_pb2.FunctionSpec(entry="f")), "function"),
    ],
)
async def test_parts_of_a_task_that_do_not_fit(service: Service, task: pb.InlineTask, field: str) -> None:
    submission = inline("x", ("", ""))
    submission.inline_task.MergeFrom(task)
    with pytest.raises(InvalidArgument) as error:
        await JudgeClient(service.channel).judge(submission, timeout_s=30)
    assert f"inline_task.{field}" in error.value.fields


async def test_a_full_queue_says_when_to_come_back(sandbox: Sandbox, runtime: MakeRuntime, serve: Serve) -> None:
    service = await start(replace(sandbox, pool=SlotPool(slots=1, max_submissions=1)), runtime, serve)
    slow = inline("import time; time.sleep(1)", ("", ""))
    first = asyncio.ensure_future(service.stub.JudgeSubmission(pb.JudgeSubmissionRequest(submission=slow), timeout=60))
    await asyncio.sleep(0.5)
    with pytest.raises(ResourceExhausted) as error:
        await service.stub.JudgeSubmission(pb.JudgeSubmissionRequest(submission=slow), timeout=60)
    assert error.value.retry_after_s >= 1
    await first


async def test_a_caller_that_leaves_frees_its_slot(sandbox: Sandbox, runtime: MakeRuntime, serve: Serve) -> None:
    service = await start(replace(sandbox, pool=SlotPool(slots=1, max_submissions=10)), runtime, serve)
    endless = inline(
        "while True: pass",
        ("", ""),
        limits=problem_pb2.Limits(cpu_time_ms=60_000, memory_bytes=2**27, output_bytes=1000),
    )
    call = service.stub.JudgeSubmission(pb.JudgeSubmissionRequest(submission=endless), timeout=60)
    work = asyncio.ensure_future(call)
    await asyncio.sleep(0.5)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    report = await JudgeClient(service.channel).judge(inline(RIGHT, *CASES), timeout_s=30)
    assert report.verdict is Verdict.AC


async def test_capabilities(service: Service) -> None:
    answer = await service.stub.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=10)
    assert "python3" in {language.id for language in answer.languages}
    assert answer.tier
    assert answer.mechanisms
    assert answer.slots == 2


async def test_a_good_problem_is_verified(service: Service, store: Store) -> None:
    problem = await problem_with(
        store,
        await program(store, "accepted/a.py", RIGHT, Verdict.AC),
        await program(store, "wrong_answer/w.py", WRONG, Verdict.WA),
        await program(store, "run_time_error/r.py", "1 / 0", Verdict.RE),
        await program(store, "accepted/a.ada", "x", Verdict.AC, language="ada"),
    )
    await service.verify(problem)
    record = await store.verifications.get(problem.id)
    assert (record.grade, record.accepted_passed, record.accepted_total) == (Grade.PROVEN, 1, 1)
    assert (record.wrong_caught, record.wrong_total) == (2, 2)
    assert {check.name: check.verdict for check in record.checks}["accepted/a.ada"] is Verdict.SKIPPED
    [event] = await service.sent(Topic.PROBLEM_VERIFIED)
    assert event.problem_verified.revision == problem.revision
    assert [entry.stage for entry in await store.timeline.of(problem.id)] == [Stage.VERIFIED]
    answer = await service.stub.GetVerification(pb.GetVerificationRequest(problem_id=problem.id), timeout=10)
    assert answer.verification.wrong_caught == 2


async def test_a_repeated_event_changes_nothing_and_is_told_again(service: Service, store: Store) -> None:
    problem = await problem_with(store, await program(store, "accepted/a.py", RIGHT, Verdict.AC))
    await service.verify(problem)
    record = await store.verifications.get(problem.id)
    await service.verify(problem)
    assert await store.verifications.get(problem.id) == record
    assert len(await service.sent(Topic.PROBLEM_VERIFIED)) == 2
    assert len(await store.timeline.of(problem.id)) == 1


async def test_stale_and_early_events(service: Service, store: Store) -> None:
    problem = await problem_with(store, await program(store, "accepted/a.py", RIGHT, Verdict.AC), revision=2)
    await service.verify(problem, revision=1)
    assert await store.verifications.find(problem.id) is None
    assert await service.sent(Topic.PROBLEM_VERIFIED) == []
    with pytest.raises(Unavailable):
        await service.verify(problem, revision=3)


async def rejection_of(service: Service, problem: Problem) -> events_pb2.ProblemRejected:
    await service.verify(problem)
    [event] = await service.sent(Topic.PROBLEM_REJECTED)
    [entry] = await service.runtime.store.timeline.of(problem.id)
    assert entry.stage is Stage.REJECTED
    assert entry.reason == event.problem_rejected.reason
    assert (await service.runtime.store.verifications.get(problem.id)).grade is Grade.NONE
    return event.problem_rejected


async def test_a_reference_that_fails(service: Service, store: Store) -> None:
    problem = await problem_with(store, await program(store, "accepted/a.py", WRONG, Verdict.AC))
    rejected = await rejection_of(service, problem)
    assert rejected.reason == RejectReason.REFERENCE_FAILED
    assert "accepted/a.py" in rejected.message


async def test_a_wrong_program_that_passes(service: Service, store: Store) -> None:
    problem = await problem_with(
        store,
        await program(store, "accepted/a.py", RIGHT, Verdict.AC),
        await program(store, "wrong_answer/w.py", RIGHT, Verdict.WA),
    )
    assert (await rejection_of(service, problem)).reason == RejectReason.WRONG_ACCEPTED


async def test_no_reference(service: Service, store: Store) -> None:
    assert (await rejection_of(service, await problem_with(store))).reason == RejectReason.NO_REFERENCE


async def test_a_broken_validator(service: Service, store: Store) -> None:
    broken = await program(store, "validate.cpp", "int main(", language="cpp")
    broken = replace(broken, files=(replace(broken.files[0], path="validate.cpp"),))
    problem = await problem_with(
        store,
        await program(store, "accepted/a.py", RIGHT, Verdict.AC),
        checker=Checker(kind=CheckerKind.CUSTOM, program=broken),
    )
    rejected = await rejection_of(service, problem)
    assert rejected.reason == RejectReason.REFERENCE_FAILED
    assert "validator" in rejected.message


async def test_modes_that_cannot_be_judged(service: Service, store: Store) -> None:
    problem = await problem_with(
        store, await program(store, "accepted/a.py", RIGHT, Verdict.AC), io_mode=IoMode.INTERACTIVE
    )
    with pytest.raises(FailedPrecondition):
        await JudgeClient(service.channel).judge(
            pb.Submission(language="python3", source=b"x", problem_id=problem.id), timeout_s=30
        )
    assert (await rejection_of(service, problem)).reason == RejectReason.UNSUPPORTED_MODE


async def test_trouble_of_the_judge_rejects_nothing(
    sandbox: Sandbox, runtime: MakeRuntime, serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_spec: RunSpec) -> Outcome:
        raise EngineFailed("no memory for a jail")

    service = await start(sandbox, runtime, serve)
    problem = await problem_with(store, await program(store, "accepted/a.py", RIGHT, Verdict.AC))
    with monkeypatch.context() as patch:
        patch.setattr(sandbox.engine, "run", broken)
        with pytest.raises(Unavailable, match="no memory"):
            await service.verify(problem)
        with pytest.raises(Unavailable):
            await JudgeClient(service.channel).judge(inline(RIGHT, *CASES), timeout_s=1)
    assert await store.verifications.find(problem.id) is None
    assert await service.sent(Topic.PROBLEM_REJECTED) == []
    await service.verify(problem)
    assert len(await service.sent(Topic.PROBLEM_VERIFIED)) == 1


async def test_lost_tests_are_an_error_and_no_verdict(service: Service, store: Store) -> None:
    problem = await problem_with(store, await program(store, "accepted/a.py", RIGHT, Verdict.AC))
    lost = make_suite(make_test_case(0, input_text="lost", answer_text="lost too"))
    problem = replace(problem, suite=replace(lost, digest=digest_of(b"lost")))
    await store.problems.put(problem)
    with pytest.raises(NotFound):
        await service.verify(problem)
    assert await store.verifications.find(problem.id) is None
