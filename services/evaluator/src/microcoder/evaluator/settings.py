"""Settings of the evaluator."""

import sys
from pathlib import Path

from pydantic import Field

from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.llm import LlmSettings

_MIB = 1024 * 1024


class EvaluatorSettings(Group):
    """How models are sampled and judged."""

    roots: tuple[Path, ...] = ()
    """Folders that data sets and checkpoints may lie in; empty for all."""
    max_dataset_bytes: int = Field(default=16 * 1024 * _MIB, gt=0)
    """Most that a data set may hold, uncompressed."""
    python: Path = Path(sys.executable)
    """Interpreter of the training environment, which samples from checkpoints (torch, transformers)."""
    batch_sequences: int = Field(default=16, ge=1)
    """Completions that are sampled from a checkpoint at a time."""
    judge_timeout_s: float = Field(default=300.0, gt=0)
    """For one program with all retries; then its sample is lost for this round, seconds."""
    judge_concurrency: int = Field(default=4, ge=1)
    """Programs at the judge at a time."""
    judge_request_bytes: int = Field(default=32 * _MIB, ge=1)
    """Tests of one request to the judge; an item with more is judged in several."""
    test_cpu_time_ms: int = Field(default=6_000, ge=1)
    """CPU time for one test, milliseconds. LiveCodeBench gives 6 s to every problem."""
    test_memory_bytes: int = Field(default=1024 * _MIB, ge=1)
    """Memory for one test, bytes."""
    rounds: int = Field(default=2, ge=1)
    """How often lost samples are tried in one run."""
    max_lost_items: int = Field(default=5, ge=1)
    """Items in a row without any verdict that end a run: then something is down."""


class AppSettings(ServiceSettings):
    """All settings of the process."""

    llm: LlmSettings = LlmSettings()
    evaluator: EvaluatorSettings = EvaluatorSettings()
