"""`train`: runs and what they measured."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from microcoder.cli import options
from microcoder.cli.commands.training_options import Asked, describes_run, owner
from microcoder.cli.connect import LONG_S, SHORT_S, Clients, connect
from microcoder.cli.output import as_dict, console, enum_name, notes, print_json, run, short_time, shown, table
from microcoder.core.errors import FailedPrecondition
from microcoder.core.training import TrainingSpec
from microcoder.v1 import trainer_service_pb2 as pb
from microcoder.v1 import training_pb2
from microcoder.v1.run_pb2 import RUN_STATE_SUCCEEDED
from microcoder.v1.training_pb2 import TRAINING_PHASE_PREEMPTED, TRAINING_PHASE_QUEUED, TRAINING_PHASE_STARTING
from microcoder.wire import to_proto

app = typer.Typer(help="Train on a release, with the judge as the reward.", no_args_is_help=True)
RunId = Annotated[str, typer.Argument(help="Run id.")]


@app.command("start")
@describes_run
def start(
    asked: Asked,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run to its end.")] = True,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Start a run."""

    async def work() -> None:
        spec = asked.specification(state)
        async with connect(state) as clients:
            started = await start_run(clients, spec, asked.placement(), name=asked.name)
            done = await follow_run(clients, started.id) if wait else started
        _show(done, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("manifest")
@describes_run
def manifest(asked: Asked, state: options.State = options.DEFAULT_STATE) -> None:
    """Print what `kubectl apply -f -` starts a run with; the trainer service knows the image and the volumes."""

    async def work() -> None:
        request = pb.RenderTrainingManifestRequest(
            spec=to_proto(asked.specification(state), training_pb2.TrainingSpec),
            placement=asked.placement(),
            name=asked.name,
            owner=owner(),
        )
        async with connect(state) as clients:
            answer = await clients.trainer.RenderTrainingManifest(request, timeout=SHORT_S)
        sys.stdout.write(answer.manifest)

    run(work())


async def start_run(
    clients: Clients, spec: TrainingSpec, placement: training_pb2.Placement | None = None, *, name: str = ""
) -> training_pb2.TrainingRun:
    """Starts a run and gives it, pending."""
    request = pb.CreateTrainingRunRequest(
        spec=to_proto(spec, training_pb2.TrainingSpec), placement=placement, name=name, owner=owner()
    )
    return (await clients.trainer.CreateTrainingRun(request, timeout=SHORT_S)).training_run


async def follow_run(clients: Clients, run_id: str) -> training_pb2.TrainingRun:
    """Follows a run to its end.

    Raises:
        FailedPrecondition: It did not succeed.
    """
    latest = training_pb2.TrainingRun()
    with notes.status("Training") as status:
        async for update in clients.trainer.WatchTrainingRun(pb.WatchTrainingRunRequest(run_id=run_id), timeout=LONG_S):
            latest = update.training_run
            status.update(_progress(latest))
    if latest.state != RUN_STATE_SUCCEEDED:
        raise FailedPrecondition(f"Training run {latest.id} {enum_name(latest, 'state')}: {latest.message}")
    return latest


def _progress(current: training_pb2.TrainingRun) -> str:
    reward = f", reward {current.mean_reward:.3f}" if current.HasField("mean_reward") else ""
    now = shown(current.progress.message, 80)
    if current.phase in (TRAINING_PHASE_QUEUED, TRAINING_PHASE_STARTING, TRAINING_PHASE_PREEMPTED) and current.message:
        now = f"{enum_name(current, 'phase')}: {shown(current.message, 100)}"
    return f"Training: step {current.progress.done} of {current.spec.max_steps}{reward} {now}"


def _show(current: training_pb2.TrainingRun, *, as_json: bool) -> None:
    if as_json:
        print_json(current)
        return
    console.print(f"[bold]{current.id}[/] {enum_name(current, 'state')}: {_progress(current)}")
    if current.message:
        console.print(shown(current.message))
    if current.checkpoint:
        console.print(f"checkpoint: {shown(current.checkpoint)}")
    if current.trained_model:
        console.print(f"trained model: {shown(current.trained_model)}")


@app.command("list")
def list_runs(
    limit: options.Limit = 50, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False
) -> None:
    """List runs, newest first."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.trainer.ListTrainingRuns(
                pb.ListTrainingRunsRequest(page_size=limit), timeout=SHORT_S
            )
        if as_json:
            print_json([as_dict(item) for item in answer.training_runs])
            return
        rows = [
            [
                r.id,
                enum_name(r, "phase") or enum_name(r, "state"),
                f"{r.progress.done}/{r.spec.max_steps}",
                f"{r.mean_reward:.3f}" if r.HasField("mean_reward") else "",
                enum_name(r.spec, "algorithm"),
                r.spec.release_id,
                short_time(r.created_time),
            ]
            for r in answer.training_runs
        ]
        columns = ["id", "phase", "step#", "reward#", "algorithm", "release", "created (UTC)"]
        console.print(table("Training runs", columns, rows))

    run(work(), as_json=as_json)


@app.command("watch")
def watch(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Follow a run to its end."""

    async def work() -> None:
        async with connect(state) as clients:
            _show(await follow_run(clients, run_id), as_json=as_json)

    run(work(), as_json=as_json)


@app.command("cancel")
def cancel(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Stop a run; it saves a checkpoint first."""

    async def work() -> None:
        async with connect(state) as clients:
            answer = await clients.trainer.CancelTrainingRun(
                pb.CancelTrainingRunRequest(run_id=run_id), timeout=SHORT_S
            )
        _show(answer.training_run, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("resume")
def resume(run_id: RunId, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Start a failed or cancelled run again from its newest complete checkpoint."""

    async def work() -> None:
        async with connect(state) as clients:
            await clients.trainer.ResumeTrainingRun(pb.ResumeTrainingRunRequest(run_id=run_id), timeout=SHORT_S)
            _show(await follow_run(clients, run_id), as_json=as_json)

    run(work(), as_json=as_json)


@app.command("metrics")
def metrics(
    run_id: RunId,
    limit: options.Limit = 500,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Show what a run measured, step by step."""

    async def work() -> None:
        async with connect(state) as clients:
            points = await list_metrics(clients, run_id, limit)
        if as_json:
            print_json([as_dict(point) for point in points])
        else:
            console.print(metrics_table(points))

    run(work(), as_json=as_json)


async def list_metrics(clients: Clients, run_id: str, limit: int = 500) -> list[training_pb2.MetricPoint]:
    """The first `limit` metric points of a run, by step."""
    request = pb.ListTrainingMetricsRequest(run_id=run_id, page_size=limit)
    return list((await clients.trainer.ListTrainingMetrics(request, timeout=SHORT_S)).points)


def metrics_table(points: list[training_pb2.MetricPoint]) -> Table:
    """Reward and what explains it, per step."""
    names = {
        "judge/mean_reward": "passed",
        "reward": "reward",
        "reward_std": "std",
        "completions/mean_length": "tokens",
        "completions/clipped_ratio": "cut off",
        "loss": "loss",
    }
    rows = [
        [
            p.step,
            *(f"{p.values[name]:.3f}" if name in p.values else "" for name in names),
            _bar(p.values.get("judge/mean_reward", 0.0)),
        ]
        for p in points
    ]
    return table("Reward per step", ["step#", *(f"{title}#" for title in names.values()), ""], rows)


def _bar(reward: float, width: int = 20) -> str:
    return "█" * round(max(0.0, min(1.0, reward)) * width)


@app.command("samples")
def samples(
    run_id: RunId,
    limit: options.Limit = 10,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Show completions that a run has made."""

    async def work() -> None:
        request = pb.ListTrainingSamplesRequest(run_id=run_id, page_size=limit)
        async with connect(state) as clients:
            answer = await clients.trainer.ListTrainingSamples(request, timeout=SHORT_S)
        if as_json:
            print_json([as_dict(item) for item in answer.samples])
            return
        for item in answer.samples:
            reward = f"{item.reward:g}" if item.HasField("reward") else "left out"
            head = f"step {item.step}, {item.problem_id}: {enum_name(item, 'verdict').upper()}, reward {reward}"
            console.print(f"[bold]{head}[/]\n{shown(item.completion, 1000)}\n")

    run(work(), as_json=as_json)
