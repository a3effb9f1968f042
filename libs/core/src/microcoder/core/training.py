"""Training runs."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from microcoder.core.run import Progress, RunState
from microcoder.core.verdict import Verdict


class Algorithm(StrEnum):
    """Policy-gradient algorithm."""

    GRPO = "grpo"
    DAPO = "dapo"
    DR_GRPO = "dr_grpo"
    GSPO = "gspo"
    MICROCODER_GRPO = "microcoder_grpo"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """What to train, on what and how."""

    release_id: str
    """Dataset release."""
    model: str
    """Folder of a checkpoint in safetensors form, on the training process's machine."""
    algorithm: Algorithm = Algorithm.DAPO
    """Which one."""
    max_steps: int = 100
    """Optimizer steps."""
    prompts_per_step: int = 2
    """Different prompts in one step."""
    group_size: int = 4
    """Completions per prompt."""
    learning_rate: float = 1e-6
    """Of AdamW."""
    temperature: float = 1.0
    """Sampling temperature."""
    max_prompt_tokens: int = 1024
    """Longer prompts are left out."""
    max_completion_tokens: int = 256
    """Longest completion, tokens."""
    lora_rank: int = 0
    """Rank of LoRA adapters; 0 trains all weights."""
    save_steps: int = 10
    """Steps between checkpoints."""
    seed: int = 0
    """Of everything random."""


class TrainingPhase(StrEnum):
    """Where a training run stands, finer than its state: `pending` is the first two, `running` the next four."""

    QUEUED = "queued"
    """It waits for a slot, a quota, or room on a node; `reason` may say which."""
    STARTING = "starting"
    """Its place is found, its processes are not running yet."""
    RUNNING = "running"
    """All its processes run."""
    RESTARTING = "restarting"
    """A process failed; a new one is on its way and goes on from the newest checkpoint."""
    PREEMPTED = "preempted"
    """Its place was taken away; it goes on from its checkpoint as soon as it has one again."""
    STOPPING = "stopping"
    """It was cancelled and saves itself."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a run asks of the cluster that it runs on. What is zero or empty is the platform's choice."""

    nodes: int = 1
    """Pods that train together, one process group."""
    gpus: int | None = None
    """GPUs of each pod, one process each; 0 for none."""
    cpu: str = ""
    """Processors of each pod, a Kubernetes quantity: `4`, `500m`."""
    memory: str = ""
    """Memory of each pod, a Kubernetes quantity: `64Gi`."""
    gpu_product: str = ""
    """Only nodes with this label `nvidia.com/gpu.product`."""
    queue: str = ""
    """Kueue's LocalQueue."""
    priority_class: str = ""
    """Kueue's WorkloadPriorityClass with a queue, else a PriorityClass."""
    max_seconds: int = 0
    """Longest running time, seconds; counted anew after a suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """One training run."""

    id: str
    """Run id."""
    spec: TrainingSpec
    """What was asked for."""
    state: RunState = RunState.PENDING
    """Where it stands."""
    progress: Progress = Progress()
    """Steps done."""
    message: str = ""
    """Why it failed, or where its output is."""
    checkpoint: str = ""
    """Folder of the newest complete checkpoint."""
    attempt: int = 1
    """Counts starts, from 1; above 1 it was resumed."""
    mean_reward: float | None = None
    """Mean reward of the newest step."""
    created_time: datetime
    """When it was asked for."""
    started_time: datetime | None = None
    """When its process first ran."""
    finished_time: datetime | None = None
    """When it ended."""
    cancel_requested: bool = False
    """Somebody asked it to stop; it ends as soon as its checkpoint is written."""
    placement: Placement = Placement()
    """What it asks of a cluster."""
    name: str = ""
    """What its owner calls it; the beginning of its id."""
    owner: str = ""
    """Who asked for it, as they said."""
    phase: TrainingPhase = TrainingPhase.QUEUED
    """Where it stands, finer than `state`."""
    reason: str = ""
    """One word for programs on why it waits or failed, in Kubernetes' terms: `OOMKilled`, `Unschedulable`."""
    job: str = ""
    """Name of its Job or JobSet, once there is one; empty for a process of the service's own machine."""
    trained_model: str = ""
    """Folder of the trained model, empty before it is written. On a cluster a path inside the runs' volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """Metrics of one step."""

    id: str
    """`<run>:<step>`, the step with leading zeros, so that ids sort by step."""
    run_id: str
    """The run."""
    step: int
    """Optimizer step, from 1."""
    values: dict[str, float] = field(default_factory=dict)
    """By name, for example `reward`, `loss`, `completions/mean_length`."""
    time: datetime
    """When it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCompletion:
    """One completion seen in training."""

    id: str
    """`<run>:<step>:<index>`, numbers with leading zeros, so that ids sort by step."""
    run_id: str
    """The run."""
    step: int
    """Optimizer step that it was made in."""
    problem_id: str
    """The problem."""
    completion: str
    """What the model wrote, untrusted text."""
    verdict: Verdict
    """What the judge said."""
    reward: float | None = None
    """Reward; absent where the judge could not say, and the completion was left out."""
