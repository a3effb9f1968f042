"""Settings of the trainer service and of the training process; one group, `MICROCODER_TRAINER__…`."""

from pathlib import Path

from pydantic import Field

from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.trainer.domain.truncation import Eligible


class TrainerSettings(Group):
    """What is not part of a run's specification."""

    python: str = ""
    """Interpreter of the training environment; empty for the one that the service runs in."""
    runs_dir: Path = Path(".microcoder/runs")
    """Folder with one folder per run: checkpoints, final model, logs."""
    max_concurrent: int = Field(default=1, ge=1)
    """Runs at a time; more wait as pending."""
    poll_s: float = Field(default=0.5, gt=0)
    """How often running processes are looked at, seconds."""
    stop_grace_s: float = Field(default=900.0, gt=0)
    """How long a process may take to save itself before it is killed, seconds. A step and a checkpoint must fit."""

    micro_batch: int = Field(default=0, ge=0)
    """Most completions in one backward pass; 0 chooses 1 on CPU and 8 on GPU."""
    threads: int = Field(default=0, ge=0)
    """Threads of torch; 0 leaves it to torch."""
    judge_timeout_s: float = Field(default=120.0, gt=0)
    """Longest wait for the verdict of one program, seconds."""
    reward_timeout_s: float = Field(default=600.0, gt=0)
    """Longest wait for all verdicts of a rollout, seconds; programs without one by then get no reward."""
    judge_concurrency: int = Field(default=8, ge=1)
    """Programs that are with the judge at a time."""
    judge_patience: int = Field(default=3, ge=1)
    """Rollouts on end without a single verdict that end the run."""
    store_patience_s: float = Field(default=120.0, ge=0)
    """How long a store that does not answer is waited for, seconds."""
    samples_per_step: int = Field(default=16, ge=0)
    """Completions that are kept of each rollout."""
    mask_rho: float = Field(default=0.3, ge=0, le=1)
    """MicroCoder-GRPO: probability that a promising truncated completion is masked."""
    mask_window: int = Field(default=128, ge=1)
    """MicroCoder-GRPO: tokens at the end of a completion that must differ from those before."""
    mask_eligible: Eligible = Eligible.NOT_WRONG
    """MicroCoder-GRPO: which truncated completions may be masked."""


class TrainerServiceSettings(ServiceSettings):
    """All settings of the service, and of the training process, which gets them from it."""

    trainer: TrainerSettings = TrainerSettings()
