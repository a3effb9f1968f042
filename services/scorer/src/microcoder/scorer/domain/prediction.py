"""From the scoring model's answers to one prediction."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from microcoder.core.difficulty import Prediction, ScoreSample
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES
from microcoder.scorer.domain.rubric import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What the model answered about one problem."""

    scorer: str
    """The model."""
    samples: tuple[ScoreSample, ...]
    """Answers that could be read, at least one."""
    failed_samples: int
    """Answers that could not."""


def predict(problem_id: str, revision: int, scoring: Scoring, rubric: Rubric, *, scored_time: datetime) -> Prediction:
    """The prediction: dimensions averaged over the samples, then weighted."""
    overalls = [rubric.overall(sample.dimensions) for sample in scoring.samples]
    means = _means(scoring.samples, rubric)
    overall = rubric.overall(means)
    return Prediction(
        id=problem_id,
        revision=revision,
        scorer=scoring.scorer,
        prompt_digest=rubric.digest,
        samples=scoring.samples,
        failed_samples=scoring.failed_samples,
        dimensions=means,
        overall=overall,
        spread=statistics.pstdev(overalls),
        level=DEFAULT_BOUNDARIES.level_of(overall),
        scored_time=scored_time,
    )


def _means(samples: Sequence[ScoreSample], rubric: Rubric) -> dict[str, float]:
    return {
        dimension.name: statistics.fmean(sample.dimensions[dimension.name] for sample in samples)
        for dimension in rubric.dimensions
    }
