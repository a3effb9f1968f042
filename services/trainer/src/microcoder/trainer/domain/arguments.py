"""A run's specification as arguments of TRL's `GRPOConfig`. Plain data, testable without torch."""

from dataclasses import dataclass
from typing import Any

from microcoder.core.training import TrainingSpec
from microcoder.trainer.domain.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What the training process runs on."""

    cuda: bool
    """A CUDA device is there."""
    bf16: bool
    """It computes in bfloat16."""
    micro_batch: int
    """Most completions in one backward pass."""
    processes: int = 1
    """Processes that train together, one device each."""


def rows_per_step(spec: TrainingSpec) -> int:
    """Completions in one optimizer step."""
    return spec.prompts_per_step * spec.group_size


def rollout_steps(spec: TrainingSpec, recipe: Recipe) -> int:
    """Optimizer steps per rollout: the recipe's, but no more than the run has."""
    return min(recipe.steps_per_rollout, spec.max_steps)


def micro_batch_of(rows: int, most: int) -> int:
    """The largest divisor of `rows` that is not above `most`."""
    return next(size for size in range(min(rows, most), 0, -1) if rows % size == 0)


def save_interval(spec: TrainingSpec, recipe: Recipe) -> int:
    """Steps between checkpoints, rounded up to whole rollouts: from there a resumed run goes on exactly."""
    window = rollout_steps(spec, recipe)
    return -(-spec.save_steps // window) * window


def trl_arguments(spec: TrainingSpec, recipe: Recipe, hardware: Hardware, *, output_dir: str) -> dict[str, Any]:
    """Arguments for `trl.GRPOConfig`.

    The optimizer step has `rows_per_step(spec)` completions, shared by the processes and cut into micro-batches that
    fit `hardware`; the processes must divide them.
    """
    rows = rows_per_step(spec) // hardware.processes
    micro_batch = micro_batch_of(rows, hardware.micro_batch)
    accumulation = rows // micro_batch
    return {
        "output_dir": output_dir,
        "max_steps": spec.max_steps,
        "learning_rate": spec.learning_rate,
        "lr_scheduler_type": "constant",
        "seed": spec.seed,
        "per_device_train_batch_size": micro_batch,
        "gradient_accumulation_steps": accumulation,
        "steps_per_generation": accumulation * rollout_steps(spec, recipe),
        "num_generations": spec.group_size,
        "temperature": spec.temperature,
        "max_completion_length": spec.max_completion_tokens,
        **_loss_arguments(recipe),
        **_bookkeeping(spec, recipe),
        **_hardware_arguments(hardware),
    }


def _loss_arguments(recipe: Recipe) -> dict[str, Any]:
    return {
        "loss_type": recipe.loss,
        "scale_rewards": recipe.scale_rewards,
        "beta": recipe.kl_weight,
        "epsilon": recipe.clip_low,
        "epsilon_high": recipe.clip_high,
        "importance_sampling_level": "sequence" if recipe.sequence_ratio else "token",
        "mask_truncated_completions": recipe.drop_truncated,
    }


def _bookkeeping(spec: TrainingSpec, recipe: Recipe) -> dict[str, Any]:
    return {
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # would hide the very numbers that the divergence guard looks for
        "save_strategy": "steps",
        "save_steps": save_interval(spec, recipe),
        "save_total_limit": 2,  # the newest may be cut off while it is written
        "report_to": [],
        "disable_tqdm": True,
        "log_completions": False,
        "remove_unused_columns": False,
    }


def _hardware_arguments(hardware: Hardware) -> dict[str, Any]:
    return {
        "use_cpu": not hardware.cuda,
        "bf16": hardware.bf16,
        "gradient_checkpointing": hardware.cuda,
        "dataloader_pin_memory": hardware.cuda,
    }
