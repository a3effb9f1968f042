"""How hard a problem is: predicted from its text, calibrated on a model's attempts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from microcoder.core.run import Progress, RunState


class Level(StrEnum):
    """Difficulty class for a target model."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSample:
    """One answer of the scoring model."""

    dimensions: dict[str, float] = field(default_factory=dict)
    """Score per dimension, 1 (trivial) to 5 (very hard)."""
    rationale: str = ""
    """The model's reason, untrusted text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Difficulty predicted by an LLM from the statement (MicroCoder, predict step; weights are ours)."""

    id: str
    """Problem id."""
    revision: int
    """Revision of the problem that was scored."""
    scorer: str
    """Name of the scoring model."""
    prompt_digest: str
    """SHA-256 of rubric, weights and prompt: predictions compare only where it is equal."""
    samples: tuple[ScoreSample, ...] = ()
    """Answers that could be read."""
    failed_samples: int = 0
    """Answers that could not."""
    dimensions: dict[str, float] = field(default_factory=dict)
    """Mean over the samples per dimension, 1 to 5."""
    overall: float = 0.0
    """Weighted mean of the dimensions, 1 to 5."""
    spread: float = 0.0
    """Standard deviation of the samples' weighted means."""
    level: Level = Level.MEDIUM
    """Class by the default boundaries, 2.5 and 2.75."""
    scored_time: datetime
    """When it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationItem:
    """Attempts of the target model on one problem."""

    problem_id: str
    """The problem."""
    predicted: float
    """Predicted overall score, 1 to 5."""
    attempts: int
    """Answers whose outcome is known: a verdict of the judge, or no program in them. 0 before they were made."""
    passed: int
    """Those that passed all tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A point of the fitted curve."""

    score: float
    """Predicted overall score, 1 to 5."""
    pass_rate: float
    """Fitted pass rate, 0 to 1."""
    low: float
    """Lower end of the 90 % band."""
    high: float
    """Upper end of the 90 % band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSpec:
    """What to calibrate."""

    model: str = ""
    """Target model at the configured endpoint; empty for the configured one."""
    problems: int = 16
    """Size of the stratified sample."""
    attempts: int = 4
    """Attempts per problem."""
    temperature: float = 0.8
    """Sampling temperature."""
    max_tokens: int = 512
    """Longest answer, tokens."""
    seed: int = 0
    """Of the sample and of the bootstrap."""
    worked_examples: int = 0
    """Worked examples in front of each prompt, for models too small to answer without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predicted score against measured pass rate, for one target model."""

    id: str
    """Calibration id."""
    spec: CalibrationSpec
    """What was asked for."""
    state: RunState = RunState.PENDING
    """Where it stands."""
    progress: Progress = Progress()
    """How far it is."""
    message: str = ""
    """Why it failed, or what to know about the result."""
    model: str = ""
    """Target model that was measured."""
    scorer: str = ""
    """Model whose predictions are calibrated."""
    items: tuple[CalibrationItem, ...] = ()
    """The sample."""
    curve: tuple[CurvePoint, ...] = ()
    """Monotone fit, ascending score."""
    easy_below: float = 2.5
    """Scores below are easy."""
    hard_above: float = 2.75
    """Scores above are hard."""
    spearman: float | None = None
    """Rank correlation of score and failure rate; absent where one of them is constant."""
    created_time: datetime
    """When it was asked for."""
    finished_time: datetime | None = None
    """When it ended."""
