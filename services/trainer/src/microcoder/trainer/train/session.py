"""One attempt of one run, from its record to the final model."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers.trainer_callback import PrinterCallback

from microcoder.core.training import TrainingRun
from microcoder.telemetry import get_logger
from microcoder.trainer.domain.arguments import rollout_steps, rows_per_step, trl_arguments
from microcoder.trainer.domain.checkpoints import newest_complete
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed
from microcoder.trainer.domain.recipes import Recipe, recipe_of
from microcoder.trainer.domain.run_folder import RunFolder
from microcoder.trainer.domain.truncation import MaskRule
from microcoder.trainer.settings import TrainerSettings
from microcoder.trainer.train import together
from microcoder.trainer.train.callbacks import CoinState, RecordCallback, StopCallback
from microcoder.trainer.train.data import PromptRow, fill, short_enough
from microcoder.trainer.train.models import (
    adapters,
    find_hardware,
    load_model,
    load_tokenizer,
    prompt_length,
    save_final,
)
from microcoder.trainer.train.policy import PolicyTrainer
from microcoder.trainer.train.reward import JudgeReward
from microcoder.trainer.train.surroundings import Surroundings
from microcoder.trainer.train.without_vllm import GRPOConfig

_LOG = get_logger(__name__)


def train(run: TrainingRun, rows: list[PromptRow], around: Surroundings, *, resume: bool) -> Path:
    """Trains, and gives the folder of the final model.

    Args:
        run: The run.
        rows: The prompts of its release.
        around: Services and settings.
        resume: Go on from the newest complete checkpoint where there is one.

    Raises:
        TrainingFailed: It did not get to its end; the code says why.
    """
    folder = RunFolder(around.settings.runs_dir.resolve() / run.id)
    checkpoint = newest_complete(folder.path) if resume else None
    trainer, record = _prepare(run, rows, around, folder.path)
    around.say(f"resuming from step {checkpoint.step}" if checkpoint else "first rollout")
    trainer.train(resume_from_checkpoint=str(checkpoint.folder) if checkpoint else None)
    if record.failure:
        raise record.failure
    if trainer.state.global_step < run.spec.max_steps:
        raise TrainingFailed(
            ExitCode.STOPPED,
            f"Stopped after step {trainer.state.global_step} of {run.spec.max_steps}; it can be resumed.",
        )
    _LOG.info("saving the trained model")
    if together.rank() == 0:
        save_final(trainer.model, trainer.processing_class, folder.final)
        around.background.run(around.recorder.trained(folder.final))
    together.wait_for_all()
    return folder.final


def _prepare(
    run: TrainingRun, rows: list[PromptRow], around: Surroundings, folder: Path
) -> tuple[PolicyTrainer, RecordCallback]:
    spec, settings, recipe = run.spec, around.settings, recipe_of(run.spec.algorithm)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    around.say("loading the model")
    hardware = find_hardware(settings.micro_batch)
    _share_rows(rows_per_step(spec), hardware.processes)
    tokenizer = load_tokenizer(spec.model)
    model = load_model(spec.model, hardware, adapters_only=spec.lora_rank > 0)
    prompts = _prompts(run, rows, lambda prompt: prompt_length(tokenizer, prompt))
    reward = JudgeReward(
        around.judge, around.background, max_tokens=spec.max_completion_tokens, overlong_share=recipe.overlong_share
    )
    record = RecordCallback(around.recorder, around.background, reward, judge_patience=settings.judge_patience)
    coin = random.Random(spec.seed + int(os.environ.get("RANK", "0")))  # noqa: S311  not cryptography
    trainer = PolicyTrainer(
        reward=reward,
        mask=_mask_rule(run, recipe, settings),
        coin=coin,
        model=model,
        processing_class=tokenizer,
        args=_configure(trl_arguments(spec, recipe, hardware, output_dir=str(folder))),
        train_dataset=prompts,
        peft_config=adapters(spec.lora_rank),
        callbacks=[record, CoinState(coin), StopCallback(around.stop)],
    )
    trainer.remove_callback(PrinterCallback)  # prints every metric of every step; the store has them
    return trainer, record


def _share_rows(rows: int, processes: int) -> None:
    if rows % processes:
        raise TrainingFailed(
            ExitCode.BAD_REQUEST,
            f"{rows} completions a step (prompts_per_step × group_size) cannot be shared by {processes} processes; "
            "make their number a multiple of nodes × GPUs.",
        )


def _prompts(run: TrainingRun, rows: list[PromptRow], length_of: Callable[[Any], int]) -> Dataset:
    spec = run.spec
    kept = short_enough(rows, length_of, spec.max_prompt_tokens)
    if len(kept) < len(rows):
        _LOG.warning("prompts left out as too long", left_out=len(rows) - len(kept), max_tokens=spec.max_prompt_tokens)
    per_rollout = spec.prompts_per_step * rollout_steps(spec, recipe_of(spec.algorithm))
    return Dataset.from_list(fill(kept, per_rollout))


def _mask_rule(run: TrainingRun, recipe: Recipe, settings: TrainerSettings) -> MaskRule | None:
    if not recipe.conditional_mask:
        return None
    return MaskRule(
        max_tokens=run.spec.max_completion_tokens,
        rho=settings.mask_rho,
        window=settings.mask_window,
        eligible=settings.mask_eligible,
    )


def _configure(arguments: dict[str, Any]) -> GRPOConfig:
    try:
        return GRPOConfig(**arguments)
    except ValueError as error:
        raise TrainingFailed(ExitCode.BAD_REQUEST, f"TRL refuses these settings: {error}") from error
