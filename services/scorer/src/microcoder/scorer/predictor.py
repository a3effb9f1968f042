"""Asks the scoring model about one problem."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from microcoder.core.difficulty import ScoreSample
from microcoder.core.errors import Unavailable
from microcoder.core.problem import Limits
from microcoder.llm import ChatClient
from microcoder.scorer.domain.prediction import Scoring
from microcoder.scorer.domain.rubric import Rubric
from microcoder.scorer.settings import RATIONALE, ScorerSettings
from microcoder.telemetry import Metric, Metrics

_MAX_KEPT_CHARS = 1_000


class Predictor:
    """Samples the scoring model several times and reads what it answers."""

    def __init__(self, client: ChatClient, rubric: Rubric, settings: ScorerSettings, metrics: Metrics) -> None:
        self._client = client
        self._rubric = rubric
        self._settings = settings
        self._metrics = metrics
        self._shape = answer_shape(rubric, max_rationale_chars=settings.max_rationale_chars)

    async def score(self, *, title: str, statement: str, limits: Limits) -> Scoring:
        """The model's readable answers.

        Raises:
            Unavailable: None of the answers can be read. Another try samples anew and may do better.
            MicrocoderError: As `ChatClient.chat`.
        """
        result = await self._client.chat_json(
            self._rubric.messages(title=title, statement=statement, limits=limits),
            self._shape,
            n=self._settings.samples,
            temperature=self._settings.temperature,
            max_tokens=self._settings.max_tokens,
        )
        if result.failures:
            self._metrics.count(Metric.LLM_UNPARSED, len(result.failures), model=result.model)
        if not result.answers:
            raise Unavailable(
                f"None of the {len(result.failures)} answers of {result.model} is a score ({result.failures[0]}). "
                "A model that cannot follow the format needs MICROCODER_LLM__STRUCTURED_OUTPUT=json_schema.",
                reason="UNREADABLE_SCORES",
            )
        return Scoring(
            scorer=result.model,
            samples=tuple(_sample(answer) for answer in result.answers),
            failed_samples=len(result.failures),
        )


def answer_shape(rubric: Rubric, *, max_rationale_chars: int) -> type[BaseModel]:
    """The shape of one answer: the reason first, so that the scores may follow from it, then a score per dimension.

    The reason's bound is for the endpoint only: it keeps small models from writing on until the token limit. A longer
    reason does not make the scores worse.
    """
    bound: dict[str, Any] = {"maxLength": max_rationale_chars} if max_rationale_chars else {}
    reason = Annotated[str, Field(json_schema_extra=bound)]
    score = Literal[1, 2, 3, 4, 5]
    fields: dict[str, Any] = {RATIONALE: (reason, ...)}
    fields |= {dimension.name: (score, ...) for dimension in rubric.dimensions}
    shape: type[BaseModel] = create_model("Score", __config__=ConfigDict(extra="forbid"), **fields)
    return shape


def _sample(answer: BaseModel) -> ScoreSample:
    values = answer.model_dump()
    rationale = values.pop(RATIONALE)[:_MAX_KEPT_CHARS]
    return ScoreSample(dimensions={name: float(score) for name, score in values.items()}, rationale=rationale)
