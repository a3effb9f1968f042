"""The prompts of a release."""

import io
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq

from microcoder.core.errors import MicrocoderError
from microcoder.core.release import Release
from microcoder.core.solving import ChatMessage
from microcoder.store.port import BlobStore
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed


class PromptRow(TypedDict):
    """One row of the training set."""

    problem_id: str
    revision: int
    prompt: list[ChatMessage]


_COLUMNS = ("problem_id", "revision", "prompt")


async def load_prompts(release: Release, blobs: BlobStore) -> list[PromptRow]:
    """The rows of all Parquet files of a release, in their order.

    Raises:
        TrainingFailed: A file is missing, damaged or has no prompts.
    """
    rows: list[PromptRow] = []
    for file in release.files:
        if file.path.endswith(".parquet"):
            try:
                rows += _rows(await blobs.get(file.digest))
            except (MicrocoderError, pa.ArrowInvalid, KeyError) as error:
                raise TrainingFailed(
                    ExitCode.BAD_RELEASE, f"{file.path} of the release {release.id} cannot be used: {error}"
                ) from error
    if not rows:
        raise TrainingFailed(ExitCode.BAD_RELEASE, f"The release {release.id} has no problems.")
    return rows


def _rows(parquet: bytes) -> list[PromptRow]:
    table = pq.read_table(io.BytesIO(parquet), columns=list(_COLUMNS))
    rows: list[Any] = table.to_pylist()
    return [
        {
            "problem_id": row["problem_id"],
            "revision": row["revision"],
            "prompt": [{"role": message["role"], "content": message["content"]} for message in row["prompt"]],
        }
        for row in rows
    ]


def short_enough(
    rows: Sequence[PromptRow], length_of: Callable[[list[ChatMessage]], int], max_tokens: int
) -> list[PromptRow]:
    """The rows whose prompt has at most `max_tokens` tokens.

    Raises:
        TrainingFailed: There is none.
    """
    lengths = [length_of(row["prompt"]) for row in rows]
    kept = [row for row, length in zip(rows, lengths, strict=True) if length <= max_tokens]
    if not kept:
        raise TrainingFailed(
            ExitCode.BAD_RELEASE,
            f"Every prompt of the release is longer than max_prompt_tokens = {max_tokens}; the shortest has "
            f"{min(lengths)}. Allow longer prompts, or cut a release without worked examples.",
        )
    return kept


def fill(rows: Sequence[PromptRow], at_least: int) -> list[PromptRow]:
    """The rows, repeated as a whole until there are `at_least`: a rollout needs that many, else nothing is sampled."""
    times = -(-at_least // len(rows))
    return list(rows) * times
