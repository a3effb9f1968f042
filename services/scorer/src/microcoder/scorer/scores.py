"""Scores of the catalogue's problems: known ones are kept, missing ones are made."""

from typing import Any

from microcoder.core.difficulty import Prediction
from microcoder.core.errors import MicrocoderError
from microcoder.core.problem import Limits, Problem
from microcoder.host import Runtime
from microcoder.llm import ChatClient
from microcoder.scorer.domain.prediction import predict
from microcoder.scorer.domain.rubric import Rubric
from microcoder.scorer.predictor import Predictor

INLINE_ID = ""
"""Problem id in the prediction of a problem by value."""


class Scores:
    """Looks scores up or makes them."""

    def __init__(self, runtime: Runtime[Any], client: ChatClient, rubric: Rubric, predictor: Predictor) -> None:
        self._predictions = runtime.store.predictions
        self._clock = runtime.clock
        self._client = client
        self._rubric = rubric
        self._predictor = predictor

    async def of_problem(self, problem: Problem, *, refresh: bool = False) -> Prediction:
        """The score of a problem's revision by the current rubric and model, made and kept where it is missing.

        Args:
            problem: Of the catalogue.
            refresh: Make it anew even where it is known.

        Raises:
            MicrocoderError: It is missing and cannot be made, as `Predictor.score` says.
        """
        if not refresh and (known := await self._known(problem)):
            return known
        scoring = await self._predictor.score(title=problem.title, statement=problem.statement, limits=problem.limits)
        made = predict(problem.id, problem.revision, scoring, self._rubric, scored_time=self._clock())
        await self._predictions.put_revision(made)
        return made

    async def of_text(self, *, title: str, statement: str, limits: Limits) -> Prediction:
        """The score of a problem by value; it is not kept.

        Raises:
            MicrocoderError: As `Predictor.score`.
        """
        scoring = await self._predictor.score(title=title, statement=statement, limits=limits)
        return predict(INLINE_ID, 0, scoring, self._rubric, scored_time=self._clock())

    async def _known(self, problem: Problem) -> Prediction | None:
        found = await self._predictions.find(problem.id)
        if found is None or (found.revision, found.prompt_digest) != (problem.revision, self._rubric.digest):
            return None
        try:
            scorer = await self._client.resolve_model()
        except MicrocoderError:
            return found  # which model is served now cannot be asked; what is known is still true
        return found if found.scorer == scorer else None
