"""What this project uses of TRL's private parts. A new version of TRL has to pass this first."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.training import Algorithm, TrainingSpec
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.trainer.domain.arguments import Hardware, trl_arguments
from microcoder.trainer.domain.recipes import recipe_of
from microcoder.trainer.domain.truncation import MaskRule, Standing, is_truncated
from microcoder.trainer.train.background import Background
from microcoder.trainer.train.judging import BatchJudge, JudgingLimits
from microcoder.trainer.train.reward import JudgeReward

NEEDS = "needs the packages of constraints/trainer.txt (make setup-trainer)"
pytestmark = [pytest.mark.llm, pytest.mark.timeout(300)]

ROWS = 32
LONGEST = 6


class Parity:
    """A judge that passes about half of all programs, whatever they do."""

    async def judge(self, submission: Any, *, timeout_s: float) -> JudgeReport:
        verdict = Verdict.AC if sum(submission.source) % 2 else Verdict.WA
        return JudgeReport(verdict=verdict, passed=0, total=1)


class Parts:
    """A trainer on the toy model that is ready for a rollout."""

    def __init__(self, model: Path, background: Background, *, rho: float | None) -> None:
        transformers = pytest.importorskip("transformers", reason=NEEDS)
        datasets = pytest.importorskip("datasets", reason=NEEDS)
        pytest.importorskip("trl", reason=NEEDS)
        from microcoder.trainer.train.policy import PolicyTrainer  # noqa: PLC0415
        from microcoder.trainer.train.without_vllm import GRPOConfig  # noqa: PLC0415

        spec = TrainingSpec(
            release_id="r",
            model=str(model),
            max_steps=1,
            prompts_per_step=2,
            group_size=ROWS // 2,
            max_completion_tokens=LONGEST,
        )
        recipe = recipe_of(Algorithm.MICROCODER_GRPO)
        hardware = Hardware(cuda=False, bf16=False, micro_batch=ROWS)
        self.reward = JudgeReward(
            BatchJudge(Parity(), JudgingLimits()), background, max_tokens=LONGEST, overlong_share=0.0
        )
        self.trainer = PolicyTrainer(
            reward=self.reward,
            mask=None if rho is None else MaskRule(max_tokens=LONGEST, rho=rho),
            coin=random.Random(0),
            model=transformers.AutoModelForCausalLM.from_pretrained(model),
            processing_class=transformers.AutoTokenizer.from_pretrained(model),
            args=GRPOConfig(**trl_arguments(spec, recipe, hardware, output_dir=str(model / "out"))),
            train_dataset=datasets.Dataset.from_list(self.inputs()),
        )
        self.trainer.model.train()

    def inputs(self) -> list[dict[str, Any]]:
        words = ["echo"] * (ROWS // 2) + ["double"] * (ROWS // 2)
        return [{"problem_id": word, "prompt": [{"role": "user", "content": word}]} for word in words]

    def rollout(self) -> dict[str, Any]:
        pytest.importorskip("torch").manual_seed(3)
        result: dict[str, Any] = self.trainer._generate_and_score_completions(self.inputs())
        return result


@pytest.fixture
def background() -> Iterator[Background]:
    with Background() as running:
        yield running


def test_a_rollout_has_the_keys_and_shapes_that_the_mask_relies_on(toy_model: Path, background: Background) -> None:
    rollout = Parts(toy_model, background, rho=None).rollout()
    for name in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask"):
        assert rollout[name].shape[0] == ROWS, name
    assert rollout["completion_ids"].shape == rollout["completion_mask"].shape
    assert rollout["advantages"].shape == (ROWS,)
    assert rollout["num_items_in_batch"].shape == ()


def test_rewards_come_in_the_order_of_the_rows(toy_model: Path, background: Background) -> None:
    parts = Parts(toy_model, background, rho=None)
    rollout = parts.rollout()
    rows = parts.reward.rollout.rows
    assert [row.problem_id for row in rows] == [row["problem_id"] for row in parts.inputs()]
    tokenizer = parts.trainer.processing_class
    for row, ids, present in zip(rows, rollout["completion_ids"], rollout["completion_mask"], strict=True):
        assert row.completion == tokenizer.decode(ids[present.bool()], skip_special_tokens=True)


def test_a_group_whose_rewards_differ_has_advantages_of_mean_zero(toy_model: Path, background: Background) -> None:
    parts = Parts(toy_model, background, rho=None)
    groups = parts.rollout()["advantages"].view(2, -1)
    assert groups.abs().max() > 0
    assert groups.sum(dim=1).abs().max() < 1e-3


def test_end_tokens_and_length_limit_are_where_the_mask_looks(toy_model: Path, background: Background) -> None:
    trainer = Parts(toy_model, background, rho=0.3).trainer
    assert trainer.eos_token_ids == [trainer.processing_class.eos_token_id]
    assert trainer.max_completion_length == LONGEST


def test_the_mask_sets_exactly_the_promising_truncated_rows_to_zero(toy_model: Path, background: Background) -> None:
    plain = Parts(toy_model, background, rho=None).rollout()
    masked_parts = Parts(toy_model, background, rho=1.0)
    masked = masked_parts.rollout()
    assert (plain["completion_ids"] == masked["completion_ids"]).all()
    dropped = 0
    for index, row in enumerate(masked_parts.reward.rollout.rows):
        tokens = masked["completion_ids"][index][masked["completion_mask"][index].bool()].tolist()
        cut = is_truncated(tokens, masked_parts.trainer.eos_token_ids, LONGEST)
        drop = cut and row.standing in (Standing.PASSED, Standing.INCOMPLETE)
        dropped += drop
        assert masked["advantages"][index] == (0.0 if drop else plain["advantages"][index])
    assert 0 < dropped < ROWS
    assert masked["num_items_in_batch"] == plain["num_items_in_batch"]
    assert masked_parts.trainer._metrics["train"]["truncation_mask/masked"] == [pytest.approx(dropped / ROWS)]


def test_a_row_without_a_reward_has_no_advantage_and_moves_no_mean(toy_model: Path, background: Background) -> None:
    parts = Parts(toy_model, background, rho=None)

    class Silent(Parity):
        async def judge(self, submission: Any, *, timeout_s: float) -> JudgeReport:
            report = await super().judge(submission, timeout_s=timeout_s)
            return report if sum(submission.source) % 3 else JudgeReport(verdict=Verdict.IE, passed=0, total=1)

    parts.reward._judge = BatchJudge(Silent(), JudgingLimits())
    advantages = parts.rollout()["advantages"]
    rows = parts.reward.rollout.rows
    assert any(row.reward is None for row in rows)
    assert all(advantages[index] == 0 for index, row in enumerate(rows) if row.reward is None)
    assert advantages.view(2, -1).sum(dim=1).abs().max() < 1e-3
