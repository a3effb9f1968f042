"""`run` and `demo`: the whole way in one command."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from microcoder.cli import options
from microcoder.cli.connect import Clients, connect
from microcoder.cli.journey.plan import JourneyPlan
from microcoder.cli.journey.steps import Journey, travel
from microcoder.cli.journey.summary import as_json as journey_json
from microcoder.cli.journey.summary import next_steps, summary
from microcoder.cli.local.llm import LlmChoice
from microcoder.cli.local.stack import StackOptions, local_stack
from microcoder.cli.local.state import StackState
from microcoder.cli.output import Say, console, print_json, run, timed_say
from microcoder.core.errors import FailedPrecondition, InvalidArgument, NotFound

Kafka = Annotated[bool, typer.Option("--kafka", help="On a real single-node Kafka instead of the embedded bus.")]


def run_path(
    source: Annotated[Path, typer.Option("--source", help="Folder, tar or zip with problem packages.")],
    name: Annotated[str, typer.Option("--name", help="Name to file the problems under.")] = "",
    dataset: Annotated[
        Path | None, typer.Option("--dataset", help="Items to evaluate on; the shipped ones by default.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="Folder of the model to train; the local one by default.")] = "",
    steps: Annotated[int, typer.Option("--steps", min=1, help="Training steps.")] = 3,
    prompt_tokens: Annotated[
        int, typer.Option("--max-prompt-tokens", min=1, help="Longest prompt to train on.")
    ] = 1024,
    kafka: Kafka = False,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Take problem packages the whole way: prove, score, release, train, evaluate. A second run changes nothing."""
    plan = JourneyPlan(
        path=source,
        source=name,
        dataset=dataset or shipped("evaluation/items.jsonl"),
        model=model,
        steps=steps,
        prompt_tokens=prompt_tokens,
    )
    run(_journey(plan, state, kafka=kafka, as_json=as_json), as_json=as_json)


def demo(kafka: Kafka = False, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Take the sample contest that comes with the project the whole way."""
    plan = JourneyPlan(
        path=shipped("contest"), source="sample-contest", dataset=shipped("evaluation/items.jsonl"), model=""
    )
    run(_journey(plan, state, kafka=kafka, as_json=as_json), as_json=as_json)


def shipped(name: str) -> Path:
    """A file or folder below examples/ of the checkout.

    Raises:
        NotFound: This is no checkout.
    """
    for parent in Path(__file__).resolve().parents:
        if (parent / "examples" / name).exists():
            return parent / "examples" / name
    raise NotFound(
        f"examples/{name} is not there: run this from a checkout, or name your own with --source and --dataset."
    )


async def _journey(plan: JourneyPlan, state_dir: Path, *, kafka: bool, as_json: bool) -> None:
    if not plan.path.exists():
        raise InvalidArgument(f"{plan.path} does not exist.")
    say = timed_say()
    async with _platform(state_dir, say, kafka=kafka) as (running, clients):
        model = plan.model or running.model_dir
        if not model:
            raise FailedPrecondition("There is no local model: set it up with `make setup-trainer`, or give --model.")
        journey = await travel(clients, dataclasses.replace(plan, model=model), state_dir.resolve(), say)
    _tell(journey, say, as_json=as_json)


@asynccontextmanager
async def _platform(state_dir: Path, say: Say, *, kafka: bool) -> AsyncIterator[tuple[StackState, Clients]]:
    """The running platform, or one that lives as long as this command."""
    running = StackState.load(state_dir)
    if running is not None:
        say("Using the platform that is up")
        async with connect(state_dir) as clients:
            yield running, clients
        return
    async with (
        local_stack(StackOptions(state_dir=state_dir, kafka=kafka, llm=LlmChoice()), say) as started,
        connect(state_dir) as clients,
    ):
        yield started, clients
        say("Stopping the platform")


def _tell(journey: Journey, say: Say, *, as_json: bool) -> None:
    if as_json:
        print_json(journey_json(journey))
        return
    for part in (*summary(journey), next_steps(journey)):
        console.print(part)
    if not journey.changed:
        console.print("[bold]Nothing has changed since the last run.[/]")
    say("Done")
