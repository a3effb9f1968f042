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
