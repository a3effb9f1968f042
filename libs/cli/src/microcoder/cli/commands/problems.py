"""`import`, `problems`, `show`, `trace`: what is there and where it came from."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Table

from microcoder.cli import options
from microcoder.cli.connect import LONG_S, SHORT_S, Clients, connect
from microcoder.cli.output import as_dict, console, enum_name, notes, print_json, run, short_time, shown, table
from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.core.timeline import Stage
from microcoder.v1 import normalizer_service_pb2 as pb
from microcoder.v1 import scraper_service_pb2, source_pb2, timeline_pb2
from microcoder.v1.run_pb2 import RUN_STATE_FAILED, RUN_STATE_SUCCEEDED
from microcoder.v1.verification_pb2 import Verification

Source = Annotated[str, typer.Option("--source", help="Only problems that are filed under this name.")]


def import_path(
    path: Annotated[Path, typer.Argument(help="Folder, tar or zip with problem packages in Kattis format.")],
    source: Annotated[str, typer.Option("--source", help="Name to file the problems under.")] = "",
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Bring in problem packages; they then flow through the pipeline by themselves."""

    async def work() -> None:
        async with connect(state) as clients:
            done = await import_and_wait(clients, path, source)
        if as_json:
            print_json(done)
        else:
            console.print(import_line(done))
            for item in done.skipped:
                notes.print(f"  [yellow]skipped[/] {shown(item.name)}: {item.reason}: {shown(item.message, 300)}")
        if done.state == RUN_STATE_FAILED:
            raise FailedPrecondition(done.message)

    run(work(), as_json=as_json)


async def import_and_wait(clients: Clients, path: Path, source: str) -> source_pb2.ImportRun:
    """Starts an import and follows it to its end."""
    if not path.exists():
        raise InvalidArgument(f"{path} does not exist.")
    request = scraper_service_pb2.CreateImportRequest(path=str(path.resolve()), source=source)
    started = (await clients.scraper.CreateImport(request, timeout=SHORT_S)).import_run
    latest = started
    watch = scraper_service_pb2.WatchImportRequest(import_id=started.id)
    async for update in clients.scraper.WatchImport(watch, timeout=LONG_S):
        latest = update.import_run
    return latest


def import_line(done: source_pb2.ImportRun) -> str:
    """One line that says what an import brought."""
    if done.state == RUN_STATE_SUCCEEDED and not (done.new_problems or done.changed_problems):
        return f"Nothing new: {done.unchanged_problems} problems are there already, byte for byte."
    return (
        f"{done.new_problems} new, {done.changed_problems} changed, {done.unchanged_problems} unchanged, "
        f"{len(done.skipped)} skipped."
    )


def problems(
    source: Source = "",
    stage: Annotated[Stage | None, typer.Option("--stage", help="Only problems that stand here.")] = None,
    limit: options.Limit = 100,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """List problems with where they stand and how hard they are."""

    async def work() -> None:
        wanted = timeline_pb2.Stage.Value(f"STAGE_{stage.name}") if stage else timeline_pb2.STAGE_UNSPECIFIED
        request = pb.ListProblemsRequest(page_size=limit, source=source, state=wanted)
        async with connect(state) as clients:
            answer = await clients.normalizer.ListProblems(request, timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.problems])
            return
        console.print(problem_table("Problems", list(answer.problems)))
        if answer.next_page_token:
            notes.print(f"[dim]Only the first {limit}; --limit shows more.[/]")

    run(work(), as_json=as_json)


def problem_table(title: str, rows: list[pb.ProblemSummary]) -> Table:
    """A table of problem summaries."""
    return table(
        title,
        ["id", "title", "state", "tests#", "proof", "score#", "level", "reason"],
        [
            [
                row.problem_id,
                row.title,
                enum_name(row, "state"),
                row.tests or "",
                enum_name(row, "grade"),
                f"{row.overall:.2f}" if row.HasField("overall") else "",
                enum_name(row, "level"),
                row.reason,
            ]
            for row in rows
        ],
    )


def show(
    problem_id: Annotated[str, typer.Argument(help="Problem id.")],
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Show one problem: statement, limits, samples, proof, difficulty."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.normalizer.GetProblem(pb.GetProblemRequest(problem_id=problem_id), timeout=SHORT_S)
        if as_json:
            print_json(answer)
            return
        _show_problem(answer)

    run(work(), as_json=as_json)


def _show_problem(answer: pb.GetProblemResponse) -> None:
    problem = answer.problem
    console.print(problem_table("", [answer.summary]))
    if not problem.id:
        return
    console.print(Markdown(problem.statement))
    for number, sample in enumerate(problem.samples, start=1):
        console.print(f"\n[bold]Sample {number}[/]\n{shown(sample.input)}[dim]→[/]\n{shown(sample.output)}")
    console.print(
        f"[dim]{problem.limits.cpu_time_ms / 1000:g} s, {problem.limits.memory_bytes >> 20} MiB, "
        f"{len(problem.suite.cases)} of {problem.suite.total_cases} tests, "
        f"licence: {shown(problem.licence) or 'not stated'}[/]"
    )
    if answer.HasField("verification"):
        console.print(
            table(
                f"Proof: {shown(answer.verification.message)}",
                ["program", "language", "verdict", "agrees", "cpu ms#", "first failed test"],
                [
                    [
                        c.name,
                        c.language,
                        enum_name(c, "verdict").upper(),
                        "yes" if c.agrees else "NO",
                        c.cpu_time_ms,
                        c.failed_test,
                    ]
                    for c in answer.verification.checks
                ],
            )
        )
        for line in _proof(answer.verification):
            console.print(f"[dim]{shown(line)}[/]")
    if answer.HasField("prediction"):
        made = answer.prediction
        rows = [[name, f"{value:.2f}"] for name, value in sorted(made.dimensions.items())]
        title = f"Difficulty {made.overall:.2f} ± {made.spread:.2f} by {shown(made.scorer)}"
        console.print(table(title, ["dimension", "score#"], rows))


def _proof(record: Verification) -> list[str]:
    """What the runs said about the tests, beside each program's verdict."""
    lines = []
    if record.catches:
        caught = ", ".join(f"{catch.test} ({catch.programs})" for catch in record.catches)
        lines.append(f"wrong programs caught first by: {caught}")
    if record.repeated_runs:
        unstable = f", other output on {', '.join(record.unstable_tests)}" if record.unstable_tests else ", same output"
        lines.append(f"{record.repeated_runs} runs of a right program made again{unstable}")
    if record.guess:
        lines.append(f"best guess: {record.guess}, passes {record.guess_share:.0%} of the tests")
    limits = sorted(record.cpu_time_limits_ms.items())
    lines += [
        f"time limit for {language}: {limit / 1000:g} s, from its accepted programs" for language, limit in limits
    ]
    return lines


def trace(
    problem_id: Annotated[str, typer.Argument(help="Problem id.")],
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Follow one problem from its source to the training sample."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.normalizer.TraceProblem(
                pb.TraceProblemRequest(problem_id=problem_id), timeout=SHORT_S
            )
        if as_json:
            print_json([as_dict(entry) for entry in answer.entries])
            return
        rows = [
            [short_time(e.time), e.revision, enum_name(e, "stage"), e.actor, e.reason, e.summary]
            for e in answer.entries
        ]
        console.print(table(problem_id, ["when (UTC)", "rev#", "stage", "by", "reason", "what"], rows))

    run(work(), as_json=as_json)


feed_app = typer.Typer(help="Contest feeds that are polled for new problems.", no_args_is_help=True)


@feed_app.command("add")
def add_feed(
    url: Annotated[str, typer.Argument(help="Address of the feed, http or https.")],
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Poll this feed from now on."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.scraper.AddFeed(scraper_service_pb2.AddFeedRequest(url=url), timeout=SHORT_S)
        if as_json:
            print_json(answer.feed)
        else:
            console.print(f"{shown(answer.feed.url)} is polled from now on.")

    run(work(), as_json=as_json)


@feed_app.command("list")
def list_feeds(
    limit: options.Limit = 50, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False
) -> None:
    """List feeds with what their last poll gave."""

    async def work() -> None:
        async with connect(state) as clients:
            request = scraper_service_pb2.ListFeedsRequest(page_size=limit)
            answer = await clients.scraper.ListFeeds(request, timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.feeds])
            return
        rows = [[f.url, short_time(f.polled_time), f.message] for f in answer.feeds]
        console.print(table("Feeds", ["address", "polled (UTC)", "last poll"], rows))

    run(work(), as_json=as_json)
