"""The model that is trained: loading it, adapters, and the folder that others load it from."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer

from microcoder.core.solving import ChatMessage
from microcoder.trainer.domain.arguments import Hardware
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed

_CPU_MICRO_BATCH = 1
_CUDA_MICRO_BATCH = 8


def find_hardware(micro_batch: int) -> Hardware:
    """What this process runs on.

    Args:
        micro_batch: Most completions in one backward pass; 0 chooses by device.
    """
    cuda = torch.cuda.is_available()
    return Hardware(
        cuda=cuda,
        bf16=cuda and torch.cuda.is_bf16_supported(),
        micro_batch=micro_batch or (_CUDA_MICRO_BATCH if cuda else _CPU_MICRO_BATCH),
        processes=int(os.environ.get("WORLD_SIZE", "1")),
    )


def load_tokenizer(folder: str) -> Any:
    """The tokenizer of a checkpoint folder.

    Raises:
        TrainingFailed: It cannot be loaded or has no chat template.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, padding_side="left")
    except (OSError, ValueError) as error:
        raise _unusable(folder, error) from error
    if tokenizer.chat_template is None:
        raise TrainingFailed(
            ExitCode.NO_MODEL, f"The tokenizer in {folder} has no chat template; use an instruction-tuned model."
        )
    return tokenizer


def load_model(folder: str, hardware: Hardware, *, adapters_only: bool) -> Any:
    """The model of a checkpoint folder.

    Weights that are trained are float32: steps of a usual learning rate are lost in bfloat16.
    """
    dtype = torch.bfloat16 if hardware.bf16 and adapters_only else torch.float32
    try:
        return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=dtype)
    except (OSError, ValueError) as error:
        raise _unusable(folder, error) from error


def prompt_length(tokenizer: Any, prompt: list[ChatMessage]) -> int:
    """Tokens of `prompt` as the model sees it."""
    encoded = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=True, return_dict=True)
    return len(encoded["input_ids"])


def adapters(rank: int) -> LoraConfig | None:
    """LoRA on every linear layer (Hu et al. 2021, arXiv:2106.09685) with scale 2; None for rank 0."""
    if rank == 0:
        return None
    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")


def save_final(model: Any, tokenizer: Any, folder: Path) -> None:
    """Writes a folder that transformers and vLLM load: whole weights, adapters merged into them; all or nothing."""
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def _unusable(folder: str, error: Exception) -> TrainingFailed:
    return TrainingFailed(ExitCode.NO_MODEL, f"The model in {folder} cannot be loaded: {error}")
