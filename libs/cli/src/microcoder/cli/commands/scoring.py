"""`score`, `calibrate`, `release`: how hard, and which problems to train on."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from microcoder.cli import options
from microcoder.cli.connect import LONG_S, SHORT_S, Clients, connect
from microcoder.cli.output import as_dict, console, enum_name, notes, print_json, run, short_time, shown, table
from microcoder.core.difficulty import CalibrationSpec, Level
from microcoder.core.errors import DataLoss, FailedPrecondition
from microcoder.core.ids import digest_of
from microcoder.core.release import ReleasePolicy
from microcoder.core.verification import Grade
from microcoder.v1 import difficulty_pb2, release_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.v1.run_pb2 import RUN_STATE_SUCCEEDED
from microcoder.wire import to_proto

SCORE_S = 600.0
"""Deadline of one scoring, seconds: a small model on a CPU may take minutes."""

release_app = typer.Typer(help="Cut, list and fetch data set releases.", no_args_is_help=True)


def score(
    problem_id: Annotated[str, typer.Argument(help="Problem id; or use --file.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A statement in Markdown to score instead.")] = None,
    calibration: Annotated[str, typer.Option("--calibration", help="Calibration to apply.")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Score again even where a score is known.")] = False,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Say how hard a problem is, with reasons."""

    async def work() -> None:
        target = pb.ScoreTarget(problem_id=problem_id)
        if file is not None:
            target = pb.ScoreTarget(inline_problem=pb.InlineProblem(title=file.stem, statement=file.read_text()))
        request = pb.ScoreProblemRequest(target=target, refresh=refresh, calibration_id=calibration)
        async with connect(state) as clients:
            answer = await clients.scorer.ScoreProblem(request, timeout=SCORE_S)
        if as_json:
            print_json(answer)
        else:
            _show_score(answer)

    run(work(), as_json=as_json)


def _show_score(answer: pb.ScoreProblemResponse) -> None:
    made = answer.prediction
    console.print(
        f"[bold]{made.overall:.2f}[/] of 5 (± {made.spread:.2f}), {enum_name(made, 'level')}, by {shown(made.scorer)}"
    )
    rows = [[name, f"{value:.2f}"] for name, value in sorted(made.dimensions.items())]
    console.print(table("", ["dimension", "score#"], rows))
    for sample in made.samples:
        if sample.rationale:
            console.print(f"[dim]“{shown(sample.rationale, 300)}”[/]")
    if answer.HasField("calibrated"):
        c = answer.calibrated
        console.print(
            f"{shown(c.model)}: pass rate {c.pass_rate:.0%} (90 % band {c.low:.0%} to {c.high:.0%}), "
            f"{enum_name(c, 'level')}"
        )


def calibrate(
    problems: Annotated[int, typer.Option("--problems", min=1, help="Size of the stratified sample.")] = 16,
    attempts: Annotated[int, typer.Option("--attempts", min=1, help="Attempts per problem.")] = 4,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, tokens.")] = 512,
    model: Annotated[str, typer.Option("--model", help="Target model; the configured one by default.")] = "",
    worked_examples: options.WorkedExamples = 0,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Measure the target model on a sample and fit its pass rate against the predicted scores."""

    async def work() -> None:
        spec = CalibrationSpec(
            problems=problems,
            attempts=attempts,
            max_tokens=max_tokens,
            model=model,
            worked_examples=worked_examples,
            seed=seed,
        )
        async with connect(state) as clients:
            done = await calibrate_and_wait(clients, spec)
        if as_json:
            print_json(done)
        else:
            show_calibration(done)

    run(work(), as_json=as_json)


async def calibrate_and_wait(clients: Clients, spec: CalibrationSpec) -> difficulty_pb2.Calibration:
    """Starts a calibration and follows it to its end.

    Raises:
        FailedPrecondition: It failed.
    """
    request = pb.CreateCalibrationRequest(spec=to_proto(spec, difficulty_pb2.CalibrationSpec))
    latest = (await clients.scorer.CreateCalibration(request, timeout=SHORT_S)).calibration
    with notes.status("Calibrating") as status:
        watch = pb.WatchCalibrationRequest(calibration_id=latest.id)
        async for update in clients.scorer.WatchCalibration(watch, timeout=LONG_S):
            latest = update.calibration
            status.update(f"Calibrating: {latest.progress.done} of {latest.progress.total} {latest.progress.unit}")
    if latest.state != RUN_STATE_SUCCEEDED:
        raise FailedPrecondition(f"Calibration {latest.id} {enum_name(latest, 'state')}: {latest.message}")
    return latest


def show_calibration(done: difficulty_pb2.Calibration) -> None:
    """Prints the sample and the fit."""
    rows = [[i.problem_id, f"{i.predicted:.2f}", f"{i.passed}/{i.attempts}"] for i in done.items]
    title = f"Calibration {done.id} of {shown(done.model)}"
    console.print(table(title, ["problem", "predicted#", "passed#"], rows))
    rho = f"{done.spearman:.2f}" if done.HasField("spearman") else "not defined"
    console.print(f"easy below {done.easy_below:.2f}, hard above {done.hard_above:.2f}; rank correlation {rho}")
    if done.message:
        console.print(f"[dim]{shown(done.message)}[/]")


@release_app.command("create")
def create_release(  # the policy's fields are the options
    name: Annotated[str, typer.Option("--name", help="Name of the data set.")] = "default",
    level: Annotated[list[Level] | None, typer.Option("--level", help="Keep this class; repeat for more.")] = None,
    min_grade: Annotated[Grade, typer.Option("--min-grade", help="Weakest proof to accept.")] = Grade.ACCEPTED,
    source: Annotated[list[str] | None, typer.Option("--source", help="Keep this source; repeat for more.")] = None,
    licence: Annotated[list[str] | None, typer.Option("--licence", help="Keep this licence; repeat for more.")] = None,
    published_from: Annotated[datetime | None, typer.Option("--from", help="Earliest publication, UTC.")] = None,
    published_to: Annotated[datetime | None, typer.Option("--to", help="Latest publication, UTC.")] = None,
    calibration: Annotated[str, typer.Option("--calibration", help="Calibration that sets the classes.")] = "",
    worked_examples: options.WorkedExamples = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Also fetch it into this folder.")] = None,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Cut a release. The same policy over the same problems gives the release that is there already."""

    async def work() -> None:
        policy = ReleasePolicy(
            name=name,
            levels=tuple(level or ()),
            min_grade=min_grade,
            sources=tuple(source or ()),
            licences=tuple(licence or ()),
            published_from=published_from,
            published_to=published_to,
            calibration_id=calibration,
            worked_examples=worked_examples,
        )
        async with connect(state) as clients:
            release, created = await cut_release(clients, policy)
            if out is not None:
                await fetch_release(clients, release, out)
        if as_json:
            print_json({"release": as_dict(release), "created": created})
        else:
            show_release(release, created=created)

    run(work(), as_json=as_json)


async def cut_release(clients: Clients, policy: ReleasePolicy) -> tuple[release_pb2.Release, bool]:
    """The release of `policy`, and whether it is new."""
    request = pb.CreateReleaseRequest(policy=to_proto(policy, release_pb2.ReleasePolicy))
    answer = await clients.scorer.CreateRelease(request, timeout=SCORE_S)
    return answer.release, answer.created


async def fetch_release(clients: Clients, release: release_pb2.Release, out: Path) -> None:
    """Writes all files of a release below `out`, each checked against its digest.

    Raises:
        DataLoss: The bytes that came are not those of the manifest.
    """
    for file in release.files:
        request = pb.DownloadReleaseFileRequest(release_id=release.id, path=file.path)
        chunks = [part.chunk async for part in clients.scorer.DownloadReleaseFile(request, timeout=SCORE_S)]
        data = b"".join(chunks)
        if digest_of(data) != file.digest:
            raise DataLoss(f"{file.path} of {release.id} arrived damaged; fetch it again.")
        target = out / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def show_release(release: release_pb2.Release, *, created: bool) -> None:
    """Prints what a release holds and what it leaves out."""
    console.print(f"[bold]{release.id}[/] {'(new)' if created else '(there already, byte for byte)'}")
    console.print(
        f"{len(release.problem_ids)} problems: "
        + ", ".join(f"{n} {c}" for n, c in sorted(release.level_counts.items()))
    )
    for rule, count in sorted(release.excluded_counts.items()):
        console.print(f"[dim]left out by {shown(rule)}: {count}[/]")


@release_app.command("list")
def list_releases(
    limit: options.Limit = 50, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False
) -> None:
    """List releases, newest first."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.scorer.ListReleases(pb.ListReleasesRequest(page_size=limit), timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.releases])
            return
        rows = [[r.id, len(r.problem_ids), short_time(r.created_time), r.manifest_digest[:12]] for r in answer.releases]
        console.print(table("Releases", ["id", "problems#", "cut (UTC)", "manifest"], rows))

    run(work(), as_json=as_json)


@release_app.command("fetch")
def fetch(
    release_id: Annotated[str, typer.Argument(help="Release id.")],
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Fetch the files of a release; every byte is checked."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.scorer.GetRelease(pb.GetReleaseRequest(release_id=release_id), timeout=SHORT_S)
            await fetch_release(clients, answer.release, out)
        if as_json:
            print_json({"release_id": release_id, "folder": str(out)})
        else:
            console.print(f"{release_id} lies in {shown(str(out))}")

    run(work(), as_json=as_json)
