"""TRL's trainer with the conditional truncation mask and an order of prompts that survives a resume."""

import random
from typing import Any

import torch

from microcoder.trainer.domain.truncation import MaskRule, is_masked
from microcoder.trainer.train.ordering import EpochOrder
from microcoder.trainer.train.reward import JudgeReward
from microcoder.trainer.train.without_vllm import GRPOTrainer


class PolicyTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` that may set advantages of truncated completions to zero.

    The methods overridden are private to TRL, hence the exact version in the constraints, and
    `tests/llm/test_trl_contract.py`, which holds TRL to what is used of them.

    Args:
        reward: The reward function; its rollout has the same rows in the same order.
        mask: The mask's settings, None for no mask.
        coin: The mask's random numbers.
        **arguments: Of `GRPOTrainer`.
    """

    def __init__(self, *, reward: JudgeReward, mask: MaskRule | None, coin: random.Random, **arguments: Any) -> None:
        self._judge_reward = reward
        self._mask = mask
        self._coin = coin
        super().__init__(reward_funcs=[reward], **arguments)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """TRL's rollout, after which advantages are masked, before its rows are shuffled and split.

        `num_items_in_batch` stays: the masked completions' tokens still count in the denominator of the loss, as in
        the paper, where the mask multiplies the advantage.
        """
        rollout: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._mask is not None and self.model.training:
            keep = self._keep(rollout["completion_ids"], rollout["completion_mask"], self._mask)
            rollout["advantages"] = rollout["advantages"] * keep
            self._metrics["train"]["truncation_mask/masked"].append(1.0 - keep.mean().item())
        return rollout

    def _get_train_sampler(self, dataset: Any = None) -> EpochOrder:
        return EpochOrder(super()._get_train_sampler(dataset), self.args.seed)

    def _keep(self, ids: torch.Tensor, present: torch.Tensor, rule: MaskRule) -> torch.Tensor:
        """1 for rows that keep their advantage, 0 for the others; shape (rows,), from two of shape (rows, tokens)."""
        kept = []
        for row, there, item in zip(ids, present, self._judge_reward.rollout.rows, strict=True):
            tokens = row[there.bool()].tolist()
            kept.append(not is_masked(tokens, self.eos_token_ids, item.standing, rule, self._coin))
        return torch.tensor(kept, dtype=torch.float32, device=ids.device)
