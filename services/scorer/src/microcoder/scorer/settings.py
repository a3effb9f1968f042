"""Settings of the scorer."""

from typing import Self

from pydantic import Field, model_validator

from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.llm import LlmSettings
from microcoder.scorer.domain.rubric import DEFAULT_DIMENSIONS, DEFAULT_SYSTEM, Dimension, Rubric

RATIONALE = "rationale"
"""Key of the model's reason in its answer."""


class DimensionSettings(Group):
    """One way in which a problem can be hard."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """Key in the model's answer."""
    definition: str = Field(min_length=1)
    """What the score says, for the model."""
    weight: float = Field(gt=0)
    """Share in the overall score; only the proportions count."""


def _default_dimensions() -> tuple[DimensionSettings, ...]:
    return tuple(DimensionSettings(name=d.name, definition=d.definition, weight=d.weight) for d in DEFAULT_DIMENSIONS)


class RubricSettings(Group):
    """What the scoring model is asked. Any change makes older scores incomparable: problems have to be scored anew."""

    dimensions: tuple[DimensionSettings, ...] = Field(default_factory=_default_dimensions, min_length=1)
    """In the order of the answer."""
    system: str = DEFAULT_SYSTEM
    """The instruction; must hold `{dimensions}` and `{keys}`, which are filled in."""
    max_statement_chars: int = Field(default=6_000, ge=100)
    """Longer statements lose their middle."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        names = [dimension.name for dimension in self.dimensions]
        if len(set(names)) < len(names) or RATIONALE in names:
            raise ValueError(f"names of dimensions must differ from each other and from {RATIONALE!r}")
        if "{dimensions}" not in self.system or "{keys}" not in self.system:
            raise ValueError("system must hold {dimensions} and {keys}")
        return self

    def rubric(self) -> Rubric:
        """As the domain takes it."""
        return Rubric(
            dimensions=tuple(Dimension(name=d.name, definition=d.definition, weight=d.weight) for d in self.dimensions),
            system=self.system,
            max_statement_chars=self.max_statement_chars,
        )


class ScorerSettings(Group):
    """How problems are scored and calibrations run."""

    samples: int = Field(default=3, ge=1, le=20)
    """Answers per problem, averaged."""
    temperature: float = Field(default=0.7, ge=0, le=2)
    """Of the scoring model. At 0 all samples are the same."""
    max_tokens: int = Field(default=200, ge=20)
    """Longest answer of the scoring model, tokens."""
    max_rationale_chars: int = Field(default=100, ge=0)
    """Longest reason that the endpoint lets the model write; must fit into `max_tokens` beside the scores. 0 sets no
    bound, for endpoints that refuse schemas with one."""
    rubric: RubricSettings = RubricSettings()
    """What the scoring model is asked."""
    batch_concurrency: int = Field(default=8, ge=1)
    """Problems of one batch or stream that are scored at a time."""
    calibration_concurrency: int = Field(default=4, ge=1)
    """Problems of a calibration that are attempted at a time."""
    endpoint_pause_s: float = Field(default=10.0, gt=0)
    """Before a problem is tried again whose LLM endpoint was not there: a local one takes a minute or more to load."""
    endpoint_patience_s: float = Field(default=600.0, gt=0)
    """How long a calibration waits for the LLM endpoint before it fails, seconds."""
    judge_timeout_s: float = Field(default=300.0, gt=0)
    """For the verdict on one attempt of a calibration, seconds, waiting for a free judge included."""


class AppSettings(ServiceSettings):
    """All settings of the process."""

    llm: LlmSettings = LlmSettings()
    """Scores the problems, and is the target of calibrations that name no other model."""
    scorer: ScorerSettings = ScorerSettings()
