"""What one journey does: how many attempts, steps and samples. Pure."""

from dataclasses import dataclass
from pathlib import Path

from microcoder.core.difficulty import CalibrationSpec
from microcoder.core.evaluation import EvaluationSpec
from microcoder.core.release import ReleasePolicy
from microcoder.core.training import Algorithm, TrainingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyPlan:
    """Sizes chosen so that a model of 135 million parameters on two CPU cores takes minutes, not hours."""

    path: Path
    """Problem packages."""
    source: str
    """Name that they are filed under; empty for the scraper's own."""
    dataset: Path
    """LiveCodeBench-shaped items to evaluate on."""
    model: str
    """Folder of the model to train and to evaluate."""
    calibration_problems: int = 8
    attempts: int = 2
    steps: int = 3
    group_size: int = 4
    prompt_tokens: int = 380
    """Longer prompts are not trained on: a step's time and memory grow with them."""
    completion_tokens: int = 40
    evaluation_samples: int = 2
    worked_examples: int = 2
    seed: int = 0

    def calibration(self) -> CalibrationSpec:
        """The calibration of this journey."""
        return CalibrationSpec(
            problems=self.calibration_problems,
            attempts=self.attempts,
            max_tokens=self.completion_tokens,
            worked_examples=self.worked_examples,
            seed=self.seed,
        )

    def policy(self, source: str, calibration_id: str) -> ReleasePolicy:
        """The release: every proven problem of this source."""
        return ReleasePolicy(
            name="journey",
            sources=(source,),
            calibration_id=calibration_id,
            worked_examples=self.worked_examples,
        )

    def training(self, release_id: str) -> TrainingSpec:
        """The training on that release."""
        return TrainingSpec(
            release_id=release_id,
            model=self.model,
            algorithm=Algorithm.MICROCODER_GRPO,
            max_steps=self.steps,
            prompts_per_step=1,
            group_size=self.group_size,
            learning_rate=1e-4,
            temperature=0.8,
            max_prompt_tokens=self.prompt_tokens,
            max_completion_tokens=self.completion_tokens,
            lora_rank=8,
            save_steps=max(1, self.steps // 2),
            seed=self.seed,
        )

    def evaluation(self, checkpoint: str, *, training_release_id: str = "") -> EvaluationSpec:
        """The evaluation of the model in `checkpoint`, on items that are not in the release it was trained on."""
        return EvaluationSpec(
            dataset=str(self.dataset.resolve()),
            checkpoint=checkpoint,
            samples=self.evaluation_samples,
            max_tokens=self.completion_tokens,
            training_release_id=training_release_id,
            worked_examples=self.worked_examples,
            seed=self.seed,
        )
