"""Answers requests for scores: one, a batch, a stream."""

from collections.abc import AsyncIterator, Sequence

from microcoder.core.difficulty import Prediction
from microcoder.core.errors import FailedPrecondition, InvalidArgument, MicrocoderError
from microcoder.core.problem import Limits
from microcoder.scorer.concurrency import as_done
from microcoder.scorer.domain.curve import rate_at
from microcoder.scorer.domain.levels import boundaries_in
from microcoder.scorer.releases import usable
from microcoder.scorer.scores import Scores
from microcoder.store import Store
from microcoder.v1 import difficulty_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.wire import from_proto, to_proto

MAX_BATCH = 100


class Answering:
    """From requests to responses.

    Args:
        store: Of problems and calibrations.
        scores: Finds or makes the scores.
        concurrency: Problems of one batch or stream that are scored at a time.
    """

    def __init__(self, store: Store, scores: Scores, *, concurrency: int) -> None:
        self._store = store
        self._scores = scores
        self._concurrency = concurrency

    async def score(self, request: pb.ScoreProblemRequest) -> pb.ScoreProblemResponse:
        """One score.

        Raises:
            InvalidArgument: Nothing to score is named.
            NotFound: No such problem or calibration.
            FailedPrecondition: The calibration has no result or rests on another scoring model.
            MicrocoderError: The score is missing and cannot be made.
        """
        prediction = await self._predict(request)
        response = pb.ScoreProblemResponse(prediction=to_proto(prediction, difficulty_pb2.Prediction))
        if request.calibration_id:
            response.calibrated.CopyFrom(await self._calibrated(prediction, request.calibration_id))
        return response

    async def batch(self, requests: Sequence[pb.ScoreProblemRequest]) -> list[pb.ScoreOutcome]:
        """Each request's outcome, in their order."""

        async def each() -> AsyncIterator[pb.ScoreProblemRequest]:
            for request in requests:
                yield request

        outcomes = [outcome async for outcome in self.stream(each())]
        return sorted(outcomes, key=lambda outcome: outcome.index)

    async def stream(self, requests: AsyncIterator[pb.ScoreProblemRequest]) -> AsyncIterator[pb.ScoreOutcome]:
        """Each request's outcome as soon as it is known."""

        async def numbered() -> AsyncIterator[tuple[int, pb.ScoreProblemRequest]]:
            index = 0
            async for request in requests:
                yield index, request
                index += 1

        async for outcome in as_done(numbered(), self._outcome, limit=self._concurrency):
            yield outcome

    async def _outcome(self, numbered: tuple[int, pb.ScoreProblemRequest]) -> pb.ScoreOutcome:
        index, request = numbered
        try:
            return pb.ScoreOutcome(index=index, score=await self.score(request))
        except MicrocoderError as error:
            return pb.ScoreOutcome(index=index, error=error.message)

    async def _predict(self, request: pb.ScoreProblemRequest) -> Prediction:
        target = request.target
        match target.WhichOneof("target"):
            case "problem_id":
                problem = await self._store.problems.get(target.problem_id)
                return await self._scores.of_problem(problem, refresh=request.refresh)
            case "inline_problem":
                inline = target.inline_problem
                if not inline.statement.strip():
                    field = "target.inline_problem.statement"
                    raise InvalidArgument(f"{field} is empty", fields={field: "is required"})
                limits = from_proto(inline.limits, Limits)
                return await self._scores.of_text(title=inline.title, statement=inline.statement, limits=limits)
            case _:
                raise InvalidArgument("target is missing", fields={"target": "name a problem or give one by value"})

    async def _calibrated(self, prediction: Prediction, calibration_id: str) -> pb.CalibratedScore:
        calibration = usable(await self._store.calibrations.get(calibration_id))
        if calibration.scorer != prediction.scorer:
            raise FailedPrecondition(
                f"Calibration {calibration.id} rests on scores by {calibration.scorer}, this one is by "
                f"{prediction.scorer}. Make a new calibration."
            )
        at = rate_at(calibration.curve, prediction.overall)
        level = boundaries_in(calibration).level_of(prediction.overall)
        return pb.CalibratedScore(
            calibration_id=calibration.id,
            model=calibration.model,
            pass_rate=at.pass_rate,
            low=at.low,
            high=at.high,
            level=difficulty_pb2.Level.Value(f"LEVEL_{level.name}"),
        )
