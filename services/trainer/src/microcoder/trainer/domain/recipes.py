"""What tells the algorithms apart, as settings of one policy-gradient loss.

Sources: GRPO (Shao et al. 2024, arXiv:2402.03300); DAPO (Yu et al. 2025, arXiv:2503.14476); Dr. GRPO (Liu et al. 2025,
arXiv:2503.20783); GSPO (Zheng et al. 2025, arXiv:2507.18071); MicroCoder-GRPO (arXiv:2603.07777). `docs/training.md`
has the table with what is left out.
"""

from dataclasses import dataclass
from typing import Literal

from microcoder.core.training import Algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One algorithm."""

    loss: Literal["grpo", "dapo", "dr_grpo"]
    """How token losses are averaged: per completion, over all tokens of the batch, or over the longest length."""
    scale_rewards: Literal["group", "none"] = "group"
    """Whether advantages are divided by the standard deviation of their group."""
    kl_weight: float = 0.0
    """Weight of the KL term against the model that training began with; 0 loads no second model."""
    clip_low: float = 0.2
    """How far below 1 the probability ratio counts."""
    clip_high: float = 0.2
    """How far above 1 the probability ratio counts."""
    sequence_ratio: bool = False
    """The ratio is that of the whole completion (GSPO), not one per token."""
    steps_per_rollout: int = 1
    """Optimizer steps that share the completions of one rollout; above 1 training is off-policy."""
    drop_truncated: bool = False
    """Completions that hit the length limit are left out of the loss."""
    overlong_share: float = 0.0
    """Last part of the length limit, as a share of it, in which a completion is charged for its length; 0 for none."""
    conditional_mask: bool = False
    """Promising truncated completions are left out of the loss at random, see `truncation`."""


_RECIPES: dict[Algorithm, Recipe] = {
    Algorithm.GRPO: Recipe(loss="grpo", kl_weight=0.04),
    Algorithm.DAPO: Recipe(loss="dapo", clip_high=0.28, drop_truncated=True, overlong_share=0.2),
    Algorithm.DR_GRPO: Recipe(loss="dr_grpo", scale_rewards="none"),
    Algorithm.GSPO: Recipe(loss="grpo", clip_low=3e-4, clip_high=4e-4, sequence_ratio=True, steps_per_rollout=4),
    Algorithm.MICROCODER_GRPO: Recipe(loss="dapo", clip_high=0.28, conditional_mask=True),
}


def recipe_of(algorithm: Algorithm) -> Recipe:
    """The settings of `algorithm`."""
    return _RECIPES[algorithm]
