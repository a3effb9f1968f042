"""Options of the commands that describe a training run, and the request made of them."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from microcoder.cli.local.state import StackState
from microcoder.core.errors import InvalidArgument
from microcoder.core.training import Algorithm, Placement, TrainingSpec
from microcoder.v1 import training_pb2
from microcoder.wire import to_proto

_CLUSTER = "On a cluster"

Release = Annotated[str, typer.Option("--release", help="Release id.")]
Model = Annotated[str, typer.Option("--model", help="Folder of a checkpoint; the local platform's model by default.")]
Chosen = Annotated[Algorithm, typer.Option("--algorithm")]
Steps = Annotated[int, typer.Option("--steps", min=1, help="Optimizer steps.")]
Prompts = Annotated[int, typer.Option("--prompts", min=1, help="Prompts per step.")]
Group = Annotated[int, typer.Option("--group", min=2, help="Completions per prompt.")]
LearningRate = Annotated[float, typer.Option("--learning-rate")]
Temperature = Annotated[float, typer.Option("--temperature")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", help="Longest completion, tokens.")]
Lora = Annotated[int, typer.Option("--lora", help="LoRA rank; 0 trains all weights.")]
SaveSteps = Annotated[int, typer.Option("--save-steps", help="Steps between checkpoints.")]
Seed = Annotated[int, typer.Option("--seed")]
Name = Annotated[str, typer.Option("--name", help="Beginning of the run's id.")]
Nodes = Annotated[int, typer.Option("--nodes", min=1, help="Pods that train together.", rich_help_panel=_CLUSTER)]
Gpus = Annotated[
    int, typer.Option("--gpus", min=-1, help="GPUs of each pod; -1: the platform's choice.", rich_help_panel=_CLUSTER)
]
Cpu = Annotated[str, typer.Option("--cpu", help="Processors of each pod: 4, 500m.", rich_help_panel=_CLUSTER)]
Memory = Annotated[str, typer.Option("--memory", help="Memory of each pod: 64Gi.", rich_help_panel=_CLUSTER)]
GpuProduct = Annotated[
    str, typer.Option("--gpu-product", help="Only nodes with GPUs of this kind.", rich_help_panel=_CLUSTER)
]
Queue = Annotated[str, typer.Option("--queue", help="Kueue's LocalQueue.", rich_help_panel=_CLUSTER)]
Priority = Annotated[str, typer.Option("--priority", help="Priority class.", rich_help_panel=_CLUSTER)]
MaxSeconds = Annotated[
    int, typer.Option("--max-seconds", min=0, help="Longest running time; 0: no limit.", rich_help_panel=_CLUSTER)
]


def specification(
    state: Path,
    *,
    release: str,
    model: str,
    algorithm: Algorithm,
    steps: int,
    prompts: int,
    group: int,
    learning_rate: float,
    temperature: float,
    max_tokens: int,
    lora: int,
    save_steps: int,
    seed: int,
) -> TrainingSpec:
    """The specification that the options describe.

    Raises:
        InvalidArgument: No model is named, and no local platform runs that has one.
    """
    return TrainingSpec(
        release_id=release,
        model=model or local_model(state),
        algorithm=algorithm,
        max_steps=steps,
        prompts_per_step=prompts,
        group_size=group,
        learning_rate=learning_rate,
        temperature=temperature,
        max_completion_tokens=max_tokens,
        lora_rank=lora,
        save_steps=save_steps,
        seed=seed,
    )


def placement(
    *, nodes: int, gpus: int, cpu: str, memory: str, gpu_product: str, queue: str, priority: str, max_seconds: int
) -> training_pb2.Placement:
    """What the options ask of a cluster."""
    asked = Placement(
        nodes=nodes,
        gpus=None if gpus < 0 else gpus,
        cpu=cpu,
        memory=memory,
        gpu_product=gpu_product,
        queue=queue,
        priority_class=priority,
        max_seconds=max_seconds,
    )
    return to_proto(asked, training_pb2.Placement)


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
