"""Options of the commands that describe a training run, and the request made of them."""

import functools
import getpass
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate

import typer

from microcoder.cli.local.state import StackState
from microcoder.core.errors import InvalidArgument
from microcoder.core.training import Algorithm, Placement, TrainingSpec
from microcoder.v1 import training_pb2
from microcoder.wire import to_proto


def _cluster(name: str, text: str, *, least: int | None = None) -> Any:
    return typer.Option(name, help=text, min=least, rich_help_panel="On a cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A training run as the options describe it. Each field is an option."""

    release: Annotated[str, typer.Option("--release", help="Release id.")]
    model: Annotated[
        str, typer.Option("--model", help="Folder of a checkpoint; the local platform's model by default.")
    ] = ""
    algorithm: Annotated[Algorithm, typer.Option("--algorithm")] = Algorithm.DAPO
    steps: Annotated[int, typer.Option("--steps", min=1, help="Optimizer steps.")] = 100
    prompts: Annotated[int, typer.Option("--prompts", min=1, help="Prompts per step.")] = 2
    group: Annotated[int, typer.Option("--group", min=2, help="Completions per prompt.")] = 4
    learning_rate: Annotated[float, typer.Option("--learning-rate")] = 1e-6
    temperature: Annotated[float, typer.Option("--temperature")] = 1.0
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Longest completion, tokens.")] = 256
    lora: Annotated[int, typer.Option("--lora", help="LoRA rank; 0 trains all weights.")] = 0
    save_steps: Annotated[int, typer.Option("--save-steps", help="Steps between checkpoints.")] = 10
    seed: Annotated[int, typer.Option("--seed")] = 0
    name: Annotated[str, typer.Option("--name", help="Beginning of the run's id.")] = ""
    nodes: Annotated[int, _cluster("--nodes", "Pods that train together.", least=1)] = 1
    gpus: Annotated[int, _cluster("--gpus", "GPUs of each pod; -1: the platform's choice.", least=-1)] = -1
    cpu: Annotated[str, _cluster("--cpu", "Processors of each pod: 4, 500m.")] = ""
    memory: Annotated[str, _cluster("--memory", "Memory of each pod: 64Gi.")] = ""
    gpu_product: Annotated[str, _cluster("--gpu-product", "Only nodes with GPUs of this kind.")] = ""
    queue: Annotated[str, _cluster("--queue", "Kueue's LocalQueue.")] = ""
    priority: Annotated[str, _cluster("--priority", "Priority class.")] = ""
    max_seconds: Annotated[int, _cluster("--max-seconds", "Longest running time; 0: no limit.", least=0)] = 0

    def specification(self, state: Path) -> TrainingSpec:
        """What is trained.

        Raises:
            InvalidArgument: No model is named, and no local platform runs that has one.
        """
        return TrainingSpec(
            release_id=self.release,
            model=self.model or local_model(state),
            algorithm=self.algorithm,
            max_steps=self.steps,
            prompts_per_step=self.prompts,
            group_size=self.group,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            max_completion_tokens=self.max_tokens,
            lora_rank=self.lora,
            save_steps=self.save_steps,
            seed=self.seed,
        )

    def placement(self) -> training_pb2.Placement:
        """What is asked of a cluster."""
        asked = Placement(
            nodes=self.nodes,
            gpus=None if self.gpus < 0 else self.gpus,
            cpu=self.cpu,
            memory=self.memory,
            gpu_product=self.gpu_product,
            queue=self.queue,
            priority_class=self.priority,
            max_seconds=self.max_seconds,
        )
        return to_proto(asked, training_pb2.Placement)


def describes_run(command: Callable[Concatenate[Asked, ...], None]) -> Callable[..., None]:
    """Gives a command the options of `Asked` before its own; it takes them as its first argument."""
    described = inspect.signature(Asked, eval_str=True).parameters
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    @functools.wraps(command)
    def called(**values: Any) -> None:
        command(Asked(**{name: values.pop(name) for name in described}), **values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [*described.values(), *(parameter.replace(kind=keyword) for parameter in own)]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    return called


def owner() -> str:
    """Who runs the command; empty where the machine does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def local_model(state: Path) -> str:
    """The model of the running local platform.

    Raises:
        InvalidArgument: There is none.
    """
    running = StackState.load(state)
    if running is None or not running.model_dir:
        raise InvalidArgument("No local model is known here: name a checkpoint folder with --model.")
    return running.model_dir
