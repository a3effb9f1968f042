"""Which checkpoint folder may be resumed from.

A checkpoint is written file by file, straight into its folder, so a folder that was cut off looks like a good one. Ours
gets the file `STABLE` when everything else is there; only such a folder counts.
"""

import re
from dataclasses import dataclass
from pathlib import Path

STABLE = "STABLE"
_TRAINER_STATE = "trainer_state.json"
_INCOMPLETE = "checkpoint-is-incomplete.txt"
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A complete checkpoint."""

    step: int
    """Optimizer steps done."""
    folder: Path
    """Where it lies."""


def newest_complete(run_folder: Path) -> Checkpoint | None:
    """The complete checkpoint with the most steps, None where there is none (or no folder)."""
    return max(_complete(run_folder), key=lambda checkpoint: checkpoint.step, default=None)


def _complete(run_folder: Path) -> list[Checkpoint]:
    found = []
    for folder in run_folder.glob("checkpoint-*"):
        name = _NAME.fullmatch(folder.name)
        if name and _is_complete(folder):
            found.append(Checkpoint(step=int(name[1]), folder=folder))
    return found


def _is_complete(folder: Path) -> bool:
    there = all((folder / name).is_file() for name in (_TRAINER_STATE, STABLE))
    return there and not (folder / _INCOMPLETE).exists()
