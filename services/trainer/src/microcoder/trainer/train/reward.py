"""The reward function that TRL calls."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.core.solving import ChatMessage
from microcoder.trainer.domain.rewards import Scored, mean_reward, overlong_charge
from microcoder.trainer.domain.truncation import Standing
from microcoder.trainer.train.background import Background
from microcoder.trainer.train.judging import BatchJudge


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The completions of one rollout, in the order of its rows."""

    step: int
    """Optimizer step that it was made for, from 1."""
    rows: list[Scored]
    """With their rewards."""


class JudgeReward:
    """Asks the judge about every completion. Keeps the last rollout for the mask and the recorder.

    Args:
        judge: Scores a batch.
        background: The loop that `judge` lives on; TRL calls from another.
        max_tokens: Length limit of completions, tokens.
        overlong_share: See `Recipe.overlong_share`.
    """

    __name__ = "judge"

    def __init__(self, judge: BatchJudge, background: Background, *, max_tokens: int, overlong_share: float) -> None:
        self._judge = judge
        self._background = background
        self._max_tokens = max_tokens
        self._overlong_share = overlong_share
        self.rollout = Rollout(step=0, rows=[])

    async def __call__(
        self,
        *,
        completions: Sequence[Sequence[ChatMessage]],
        completion_ids: Sequence[Sequence[int]],
        problem_id: Sequence[str],
        trainer_state: Any,
        log_metric: Callable[[str, float], None],
        **_others: Any,
    ) -> list[float | None]:
        """One reward per completion; None leaves it out of its group.

        The overlong charge is added here and not by a second reward function: a sum over functions would make a
        completion without a verdict one with a reward.
        """
        texts = [messages[-1]["content"] for messages in completions]
        began = time.monotonic()
        rows = await self._background.call(self._judge.score(problem_id, texts))
        log_metric("judge/seconds", time.monotonic() - began)
        _log_shares(rows, log_metric)
        self.rollout = Rollout(step=trainer_state.global_step + 1, rows=rows)
        return [self._total(row, len(ids)) for row, ids in zip(rows, completion_ids, strict=True)]

    def _total(self, row: Scored, length: int) -> float | None:
        if row.reward is None:
            return None
        return row.reward + overlong_charge(length, self._max_tokens, self._overlong_share)


def _log_shares(rows: list[Scored], log_metric: Callable[[str, float], None]) -> None:
    reward = mean_reward(rows)
    if reward is not None:
        log_metric("judge/mean_reward", reward)
    for name, standing in (("no_program", Standing.INCOMPLETE), ("no_verdict", Standing.UNKNOWN)):
        log_metric(f"judge/{name}", sum(row.standing is standing for row in rows) / len(rows))
