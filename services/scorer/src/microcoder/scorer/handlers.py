"""What the scorer does with events."""

from microcoder.bus import Poison, RetryLater
from microcoder.core.difficulty import Prediction
from microcoder.core.errors import Unavailable
from microcoder.core.problem import Problem
from microcoder.core.timeline import Stage
from microcoder.host import Runtime
from microcoder.scorer.scores import Scores
from microcoder.scorer.settings import AppSettings
from microcoder.v1 import events_pb2 as pb


class VerifiedHandler:
    """Scores each problem whose tests are proven."""

    def __init__(self, runtime: Runtime[AppSettings], scores: Scores) -> None:
        self._runtime = runtime
        self._scores = scores

    async def handle(self, event: pb.Event) -> None:
        """Scores the problem of a `ProblemVerified`; a repeat finds the score and says the same again.

        Raises:
            Poison: The event is another one.
            Unavailable: The problem cannot be scored now.
            RetryLater: The endpoint is not there, which is no fault of this problem.
            MicrocoderError: It cannot be scored, as `Scores.of_problem` says.
        """
        if event.WhichOneof("payload") != "problem_verified":
            raise Poison(f"the scorer does not handle {event.WhichOneof('payload')}")
        verified = event.problem_verified
        problem = await self._runtime.store.problems.find(verified.problem_id)
        if problem is None or problem.revision < verified.revision:
            raise Unavailable(f"Revision {verified.revision} of {verified.problem_id} is not in the store yet.")
        if problem.revision > verified.revision:
            return  # the newer revision has an event of its own
        prediction = await self._predict(problem)
        await self._note(prediction)
        await self._runtime.publish(
            pb.ProblemScored(problem_id=problem.id, revision=problem.revision, overall=prediction.overall)
        )

    async def _predict(self, problem: Problem) -> Prediction:
        try:
            return await self._scores.of_problem(problem)
        except Unavailable as error:
            if error.reason == "LLM_UNAVAILABLE":
                raise RetryLater(error.message, delay_s=self._runtime.settings.scorer.endpoint_pause_s) from error
            raise

    async def _note(self, prediction: Prediction) -> None:
        samples = len(prediction.samples)
        await self._runtime.note(
            prediction.id,
            prediction.revision,
            Stage.SCORED,
            f"Difficulty {prediction.overall:.2f} of 5, {prediction.level}: "
            f"{samples} of {samples + prediction.failed_samples} answers of {prediction.scorer}.",
            details={
                "overall": f"{prediction.overall:.4f}",
                "spread": f"{prediction.spread:.4f}",
                "scorer": prediction.scorer,
                "prompt_digest": prediction.prompt_digest,
            },
            subject=f"{prediction.scorer}:{prediction.prompt_digest}",
        )
