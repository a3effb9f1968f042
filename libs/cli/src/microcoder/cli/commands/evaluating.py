"""`eval`: measure a model on items that its training has not seen."""

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from microcoder.cli import options
from microcoder.cli.connect import LONG_S, SHORT_S, Clients, connect
from microcoder.cli.output import as_dict, console, enum_name, notes, print_json, run, short_time, shown, table
from microcoder.core.errors import FailedPrecondition
from microcoder.core.evaluation import EvaluationSpec
from microcoder.v1 import evaluation_pb2
from microcoder.v1 import evaluator_service_pb2 as pb
from microcoder.v1.run_pb2 import RUN_STATE_SUCCEEDED
from microcoder.wire import to_proto

app = typer.Typer(help="Evaluate on LiveCodeBench-shaped items.", no_args_is_help=True)
RunId = Annotated[str, typer.Argument(help="Run id.")]


@app.command("start")
def start(  # the specification's fields are the options
    dataset: Annotated[Path, typer.Option("--dataset", help="LiveCodeBench-shaped JSON lines.")],
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="Folder to sample from instead of an endpoint.")
    ] = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", help="OpenAI-compatible base URL; the configured one by default.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="Model name at the endpoint.")] = "",
    samples: Annotated[int, typer.Option("--samples", min=1, help="Completions per item.")] = 4,
    k: Annotated[list[int] | None, typer.Option("--k", min=1, help="Report pass@k; repeat for more.")] = None,
    temperature: Annotated[float, typer.Option("--temperature")] = 0.2,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Longest completion, tokens.")] = 512,
    published_from: Annotated[datetime | None, typer.Option("--from", help="Earliest contest date.")] = None,
    published_to: Annotated[datetime | None, typer.Option("--to", help="Latest contest date.")] = None,
    platform: Annotated[
        list[str] | None, typer.Option("--platform", help="Keep this platform; repeat for more.")
    ] = None,
    level: Annotated[list[str] | None, typer.Option("--level", help="Keep this difficulty; repeat for more.")] = None,
    trained_on: Annotated[
        str, typer.Option("--trained-on", help="Release of the training; shared problems refuse the run.")
    ] = "",
    worked_examples: options.WorkedExamples = 0,
    max_items: Annotated[int, typer.Option("--max-items", min=0, help="Only the first items; 0 takes all.")] = 0,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run to its end.")] = True,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Start an evaluation."""

    async def work() -> None:
        spec = EvaluationSpec(
            dataset=str(dataset.resolve()),
            checkpoint=str(checkpoint.resolve()) if checkpoint else "",
            endpoint=endpoint,
            model=model,
            samples=samples,
            ks=tuple(k or (1,)),
            temperature=temperature,
            max_tokens=max_tokens,
            published_from=published_from,
            published_to=published_to,
            platforms=tuple(platform or ()),
            levels=tuple(level or ()),
            training_release_id=trained_on,
            worked_examples=worked_examples,
            max_items=max_items,
            seed=seed,
        )
        async with connect(state) as clients:
            started = await start_run(clients, spec)
            done = await follow_run(clients, started.id) if wait else started
        _show(done, as_json=as_json)

    run(work(), as_json=as_json)


async def start_run(clients: Clients, spec: EvaluationSpec) -> evaluation_pb2.EvaluationRun:
    """Starts a run and gives it, pending."""
    request = pb.CreateEvaluationRunRequest(spec=to_proto(spec, evaluation_pb2.EvaluationSpec))
    return (await clients.evaluator.CreateEvaluationRun(request, timeout=SHORT_S)).evaluation_run


async def follow_run(clients: Clients, run_id: str, *, progress: bool = True) -> evaluation_pb2.EvaluationRun:
    """Follows a run to its end.

    Args:
        clients: The services.
        run_id: The run.
        progress: Whether to show it on the terminal's status line, which only one may have at a time.

    Raises:
        FailedPrecondition: It did not succeed.
    """
    latest = evaluation_pb2.EvaluationRun()
    status = notes.status("Evaluating")
    with status if progress else nullcontext():
        watching = pb.WatchEvaluationRunRequest(run_id=run_id)
        async for update in clients.evaluator.WatchEvaluationRun(watching, timeout=LONG_S):
            latest = update.evaluation_run
            status.update(f"Evaluating: {latest.progress.done} of {latest.progress.total} {latest.progress.unit}")
    if latest.state != RUN_STATE_SUCCEEDED:
        raise FailedPrecondition(f"Evaluation {latest.id} {enum_name(latest, 'state')}: {latest.message}")
    return latest


def _show(current: evaluation_pb2.EvaluationRun, *, as_json: bool) -> None:
    if as_json:
        print_json(current)
        return
    console.print(f"[bold]{current.id}[/] {enum_name(current, 'state')} {shown(current.message)}")
    if current.table:
        console.print(result_table(current))


def result_table(done: evaluation_pb2.EvaluationRun) -> Table:
    """pass@k by platform and level with its intervals."""
    rows = [
        [c.platform, c.level, c.items, f"pass@{c.k}", f"{c.value:.1%}", f"{c.low:.1%} to {c.high:.1%}"]
        for c in done.table
    ]
    title = (
        f"{shown(done.model)}: n = {done.spec.samples}, cut off {done.truncated_rate:.0%}, "
        f"no program {done.no_code_rate:.0%}, lost {done.lost_samples}"
    )
    return table(title, ["platform", "level", "items#", "", "value#", "95 % interval"], rows)


@app.command("list")
def list_runs(
    limit: options.Limit = 50, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False
) -> None:
    """List evaluations, newest first."""

    async def work() -> None:
        async with connect(state) as clients:
            request = pb.ListEvaluationRunsRequest(page_size=limit)
            answer = await clients.evaluator.ListEvaluationRuns(request, timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.evaluation_runs])
            return
        rows = [
            [r.id, enum_name(r, "state"), r.model, Path(r.spec.dataset).name, headline(r), short_time(r.created_time)]
            for r in answer.evaluation_runs
        ]
        console.print(table("Evaluations", ["id", "state", "model", "data set", "pass@1", "created (UTC)"], rows))

    run(work(), as_json=as_json)


def headline(current: evaluation_pb2.EvaluationRun) -> str:
    """pass@1 over all items with its interval, empty before there is one."""
    for cell in current.table:
        if cell.platform == "all" and cell.level == "all" and cell.k == 1:
            return f"{cell.value:.1%} ({cell.low:.1%} to {cell.high:.1%})"
    return ""


@app.command("show")
def show(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Show one evaluation."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.evaluator.GetEvaluationRun(
                pb.GetEvaluationRunRequest(run_id=run_id), timeout=SHORT_S
            )
        _show(answer.evaluation_run, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("items")
def items(
    run_id: RunId,
    limit: options.Limit = 100,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Show the results per item."""

    async def work() -> None:
        async with connect(state) as clients:
            request = pb.ListItemResultsRequest(run_id=run_id, page_size=limit)
            answer = await clients.evaluator.ListItemResults(request, timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.results])
            return
        rows = [[r.item_id, r.platform, r.level, f"{r.passed}/{r.samples}"] for r in answer.results]
        console.print(table(run_id, ["item", "platform", "level", "passed#"], rows))

    run(work(), as_json=as_json)


@app.command("cancel")
def cancel(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Stop an evaluation; finished items are kept."""

    async def work() -> None:
        async with connect(state) as clients:
            request = pb.CancelEvaluationRunRequest(run_id=run_id)
            answer = await clients.evaluator.CancelEvaluationRun(request, timeout=SHORT_S)
        _show(answer.evaluation_run, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("resume")
def resume(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Go on with a failed or cancelled evaluation; finished items are not sampled twice."""

    async def work() -> None:
        async with connect(state) as clients:
            await clients.evaluator.ResumeEvaluationRun(pb.ResumeEvaluationRunRequest(run_id=run_id), timeout=SHORT_S)
            _show(await follow_run(clients, run_id), as_json=as_json)

    run(work(), as_json=as_json)
