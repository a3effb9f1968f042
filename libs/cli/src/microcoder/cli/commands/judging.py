"""`judge`: one program on the tests of a problem."""

from pathlib import Path
from typing import Annotated, Any

import typer

from microcoder.cli import options
from microcoder.cli.connect import SHORT_S, Clients, connect
from microcoder.cli.judging.folder import inline_task, read_folder
from microcoder.cli.judging.showing import LiveRows, note_trouble, show_summary
from microcoder.cli.output import EXIT_FAILED, EXIT_USAGE, as_dict, print_json, run
from microcoder.core.errors import InvalidArgument, Unavailable
from microcoder.core.languages import language_id, language_of_file
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2

_DEADLINE_S = 3600.0
_DETAIL_BYTES = 16 * 1024


def judge(
    file: Annotated[Path, typer.Argument(help="Program.", exists=True, dir_okay=False, readable=True)],
    problem: Annotated[
        str,
        typer.Option(
            "--problem", help="Problem id, or a folder: a package in Kattis format or `.in` and `.ans` files."
        ),
    ],
    language: Annotated[str, typer.Option("--language", help="Instead of what the file's suffix says.")] = "",
    first_fail: Annotated[bool, typer.Option("--first-fail", help="Stop at the first test that fails.")] = False,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Judge a program. Exit code 0 for AC, 1 for any other verdict, 2 where there is none."""

    async def work() -> None:
        stop = verdict_pb2.STOP_MODE_FIRST_FAIL if first_fail else verdict_pb2.STOP_MODE_ALL
        submission = pb.Submission(
            language=_language(file, language),
            source=file.read_bytes(),
            stop_mode=stop,
            detail_bytes=_DETAIL_BYTES,
        )
        async with connect(state) as clients:
            await _name_tests(clients, submission, problem)
            report = await _judge(clients, submission, live=not as_json)
        if as_json:
            print_json(_plain(report))
        else:
            show_summary(report)
            note_trouble(report)
        if report.verdict == verdict_pb2.VERDICT_IE:
            raise typer.Exit(EXIT_USAGE)
        if report.verdict != verdict_pb2.VERDICT_AC:
            raise typer.Exit(EXIT_FAILED)

    run(work(), as_json=as_json, exit_code=EXIT_USAGE)


def _language(file: Path, given: str) -> str:
    language = language_id(given) if given else language_of_file(file.name)
    if not language:
        raise InvalidArgument(f"{file.name} has a suffix of no known language; name it by --language")
    return language


async def _name_tests(clients: Clients, submission: pb.Submission, problem: str) -> None:
    folder = Path(problem)
    if folder.is_dir():
        task = read_folder(folder)
        able = await clients.judge.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=SHORT_S)
        multiplier = next((row.time_multiplier for row in able.languages if row.id == submission.language), 0.0)
        submission.inline_task.CopyFrom(inline_task(task, time_multiplier=multiplier or 1.0))
    elif "/" in problem and not problem.startswith(("http:", "https:")):
        raise InvalidArgument(f"{problem} is no folder; --problem takes a problem id or a folder")
    else:
        submission.problem_id = problem


async def _judge(clients: Clients, submission: pb.Submission, *, live: bool) -> verdict_pb2.JudgeReport:
    rows = LiveRows()
    request = pb.StreamSubmissionRequest(submission=submission)
    async for update in clients.judge.StreamSubmission(request, timeout=_DEADLINE_S):
        if update.HasField("report"):
            if live:
                rows.finish(update.report)
            return update.report
        if live:
            rows.add(update.result)
    raise Unavailable("the judge ended without a report", reason="JUDGE_UNAVAILABLE")


def _plain(report: verdict_pb2.JudgeReport) -> dict[str, Any]:
    """For programs: verdicts by their short names, and text instead of bytes."""
    plain = as_dict(report)
    for item in (plain, *plain["results"]):
        item["verdict"] = item["verdict"].removeprefix("VERDICT_")
    for item, result in zip(plain["results"], report.results, strict=True):
        if result.HasField("detail"):
            parts = {field.name: value for field, value in result.detail.ListFields()}
            item["detail"] = {name: value.decode("utf-8", "replace") for name, value in parts.items()}
    return plain
