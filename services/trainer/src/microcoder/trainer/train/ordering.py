"""The order of the prompts, the same whether a run was stopped in between or not."""

from collections.abc import Iterator
from typing import Any

from torch.utils.data import Sampler


class EpochOrder(Sampler):  # type: ignore[misc]
    """TRL's sampler whose shuffle depends on seed and epoch alone.

    By itself it draws one permutation after the other from one generator, so that a run that is resumed in its third
    epoch goes through it in the order of the first.

    Args:
        inner: A `trl.trainer.utils.RepeatSampler`.
        seed: Of the run.
    """

    def __init__(self, inner: Any, seed: int) -> None:
        self._inner = inner
        self._seed = seed

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch, resumed ones included."""
        self._inner.generator.manual_seed(self._seed + epoch)

    def __iter__(self) -> Iterator[int]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)
