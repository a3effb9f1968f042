"""`microcoder judge`: what it sends, shows and ends with, against a judge that answers as told."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from microcoder.cli.judging.folder import inline_task, read_folder
from microcoder.cli.judging.showing import LiveRows, show_summary
from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.rpc import Registration, RpcServer, RpcSettings
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2, verdict_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


PACKAGE = {
    "problem.yaml": "limits: {memory: 64, time_limit: 1.5}\nvalidator_flags: float_tolerance 1e-6 case_sensitive\n",
    "data/secret/2.in": "2\n",
    "data/secret/2.ans": "4\n",
    "data/secret/group/1.in": "1\n",
    "data/secret/group/1.ans": "2\n",
    "data/secret/no-answer.in": "1\n",
    "data/sample/1.in": "0\n",
    "data/sample/1.ans": "0\n",
}


def test_a_package_is_read_with_its_samples_first(tmp_path: Path) -> None:
    task = read_folder(write(tmp_path, PACKAGE))
    assert [test.name for test in task.tests] == ["sample/1", "secret/2", "secret/group/1"]
    assert (task.limits.cpu_time_ms, task.limits.memory_bytes) == (1500, 64 * 2**20)
    assert (task.checker.float_absolute, task.checker.float_relative, task.checker.case_sensitive) == (1e-6, 1e-6, True)
    assert inline_task(task, time_multiplier=3).limits.cpu_time_ms == 4500


def test_a_folder_of_pairs_is_enough(tmp_path: Path) -> None:
    task = read_folder(write(tmp_path, {"a.in": "1", "a.out": "2", "b.in": "3"}))
    assert [(test.name, test.answer) for test in task.tests] == [("a", b"2")]


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"x.txt": ""}, InvalidArgument),
        ({"problem.yaml": "a: [", "data/1.in": "", "data/1.ans": ""}, InvalidArgument),
        ({"problem.yaml": "validation: custom", "data/1.in": "", "data/1.ans": ""}, FailedPrecondition),
        ({"problem.yaml": "type: multi-pass", "data/1.in": "", "data/1.ans": ""}, FailedPrecondition),
        ({"output_validator/v.txt": "", "data/1.in": "", "data/1.ans": ""}, FailedPrecondition),
        (
            {"output_validator/v.py": "", "output_validator/run": "", "data/1.in": "", "data/1.ans": ""},
            FailedPrecondition,
        ),
    ],
)
def test_folders_that_cannot_be_judged_as_they_are(
    tmp_path: Path, files: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_folder(write(tmp_path, files))


CUSTOM = {"data/1.in": "", "data/1.ans": "", "problem.yaml": "validation: custom\nvalidator_flags: near 3\n"}


@pytest.mark.parametrize(
    ("files", "main", "names"),
    [
        ({"output_validators/v.py": "exit(42)"}, "v.py", {"v.py"}),
        (
            {"output_validators/own/a.cc": "int f();", "output_validators/own/b.cc": "int main() {}"},
            "b.cc",
            {"a.cc", "b.cc"},
        ),
        ({"output_validator/v.py": "exit(42)", "problem.yaml": "validator_flags: near 3"}, "v.py", {"v.py"}),
    ],
)
def test_a_validator_of_the_package_goes_with_the_request(
    tmp_path: Path, files: dict[str, str], main: str, names: set[str]
) -> None:
    task = inline_task(read_folder(write(tmp_path, {**CUSTOM, **files})), time_multiplier=1)
    assert task.checker.kind == problem_pb2.CHECKER_KIND_CUSTOM
    assert list(task.checker.flags) == ["near", "3"]
    assert (task.checker_program.main, set(task.checker_program.files)) == (main, names)
    assert not task.interactive


def test_an_interactive_package_is_one_whose_validator_talks(tmp_path: Path) -> None:
    files = {**CUSTOM, "problem.yaml": "validation: custom interactive", "output_validators/v.py": "exit(42)"}
    task = inline_task(read_folder(write(tmp_path, files)), time_multiplier=1)
    assert task.interactive
    assert task.checker_program.language == "python3"


def result(ordinal: int, verdict: int, **fields: Any) -> verdict_pb2.TestResult:
    return verdict_pb2.TestResult(ordinal=ordinal, name=f"t{ordinal}", verdict=verdict, **fields)  # type: ignore[arg-type]


def wrong(answer: bytes, output: bytes, **fields: Any) -> verdict_pb2.JudgeReport:
    detail = verdict_pb2.TestDetail(input=b"5\n", answer=answer, output=output)
    failed = result(0, verdict_pb2.VERDICT_WA, detail=detail, **fields)
    return verdict_pb2.JudgeReport(verdict=verdict_pb2.VERDICT_WA, total=1, results=[failed])


def test_rows_are_shown_in_test_order(capsys: pytest.CaptureFixture[str]) -> None:
    rows = LiveRows()
    for ordinal in (1, 2, 0):
        rows.add(result(ordinal, verdict_pb2.VERDICT_AC))
    shown = capsys.readouterr().out
    assert shown.index("t0") < shown.index("t1") < shown.index("t2")


@pytest.mark.parametrize(
    ("answer", "output", "row"),
    [
        (b"1\n2\n3\n", b"1\n5\n3\n", "> 2 2 5"),
        (b"1\n2\n", b"1\n", "> 2 2 (no such line)"),
        (b"1\n", b"1\n2\n", "> 2 (no such line) 2"),
        (b"1 2\n3\n", b"1   2\n4\n", "> 2 3 4"),
        (b"[red]a\n", b"\x1b[2J\n", "> 1 [red]a \\x1b[2J"),
    ],
)
def test_the_first_wrong_line_is_marked(
    capsys: pytest.CaptureFixture[str], answer: bytes, output: bytes, row: str
) -> None:
    show_summary(wrong(answer, output))
    shown = capsys.readouterr().out
    assert row in [" ".join(line.split()) for line in shown.splitlines()]
    assert "\x1b[2J" not in shown


def test_long_lines_and_long_outputs_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    show_summary(wrong(b"x" * 10_000, b"y\n" * 10_000))
    assert len(capsys.readouterr().out) < 3_000


class Judge(JudgeServicer):
    """Answers as told and keeps what it was asked."""

    def __init__(self, report: verdict_pb2.JudgeReport) -> None:
        self.report = report
        self.asked: list[pb.Submission] = []

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        del request, context
        return pb.GetCapabilitiesResponse(languages=[pb.LanguageCapability(id="python3", time_multiplier=3)])

    async def StreamSubmission(  # noqa: N802
        self, request: pb.StreamSubmissionRequest, context: Any
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        del context
        self.asked.append(request.submission)
        for made in self.report.results:
            yield pb.StreamSubmissionResponse(result=made)
        yield pb.StreamSubmissionResponse(report=self.report)


async def command(endpoint: str, *arguments: object) -> tuple[int, str, str]:
    words = ("-m", "microcoder.cli", "judge", *map(str, arguments))
    environment = {**os.environ, "MICROCODER_ENDPOINTS__JUDGE": endpoint}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=pipe, stderr=pipe, env=environment)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command(tmp_path: Path) -> None:
    folder = write(tmp_path, PACKAGE | {"right.py": "print(1)", "x.unknown": ""})
    judge = Judge(wrong(b"1\n", b"2\n", message="line 1"))  # type: ignore[abstract]  # the rest is not called
    registration = Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=judge)
    server = RpcServer(RpcSettings(port=0), [registration])
    endpoint = f"127.0.0.1:{await server.start()}"
    try:
        (plain, machine, usage) = await asyncio.gather(
            command(endpoint, folder / "right.py", "--problem", folder),
            command(endpoint, folder / "right.py", "--problem", "some.id", "--json", "--language", "C++17"),
            command(endpoint, folder / "x.unknown", "--problem", "some.id"),
        )
    finally:
        await server.drain(0.1)
    assert plain[0] == 1
    assert "WA" in plain[1]
    assert machine[0] == 1
    report = json.loads(machine[1])
    assert (report["verdict"], report["results"][0]["detail"]["answer"]) == ("WA", "1\n")
    assert usage[0] == 2
    by_folder, by_id = sorted(judge.asked, key=lambda asked: asked.problem_id)
    assert (by_folder.language, by_folder.inline_task.limits.cpu_time_ms) == ("python3", 4500)
    assert (by_id.language, by_id.problem_id) == ("cpp17", "some.id")
    down = await command(endpoint, folder / "right.py", "--problem", "some.id")
    assert down[0] == 2
    assert "microcoder up" in down[2]
