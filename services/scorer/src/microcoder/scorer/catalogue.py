"""Everything that is known about every problem, read from the store."""

from collections.abc import AsyncIterator, Sequence

from microcoder.core.problem import Problem
from microcoder.core.release import ReleasePolicy
from microcoder.core.timeline import Stage, state_of
from microcoder.scorer.domain.selection import Candidate, Criteria, select
from microcoder.store import Store

_BATCH = 200


class Catalogue:
    """Reads the problems with their records.

    Args:
        store: Of the records.
        prompt_digest: Of the current rubric.
    """

    def __init__(self, store: Store, *, prompt_digest: str) -> None:
        self._store = store
        self.prompt_digest = prompt_digest

    async def candidates(self) -> list[Candidate]:
        """All problems in canonical form, by id ascending."""
        return [candidate async for batch in self._batches() for candidate in await self._complete(batch)]

    async def scores_by(self, scorer: str) -> dict[str, float]:
        """The overall score of every problem that could go into a release and that `scorer` scored, by id."""
        criteria = Criteria(policy=ReleasePolicy(), prompt_digest=self.prompt_digest, calibration=None)
        usable = select(await self.candidates(), criteria).selected
        return {item.problem.id: item.prediction.overall for item in usable if item.prediction.scorer == scorer}

    async def _batches(self) -> AsyncIterator[list[Problem]]:
        batch: list[Problem] = []
        async for problem in self._store.problems.scan():
            batch.append(problem)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _complete(self, problems: Sequence[Problem]) -> list[Candidate]:
        ids = [problem.id for problem in problems]
        verifications = await self._store.verifications.get_many(ids)
        predictions = await self._store.predictions.get_many(ids)
        lives = {problem_id: entries async for problem_id, entries in self._store.timeline.scan(ids)}
        return [
            Candidate.of(
                problem,
                verifications.get(problem.id),
                predictions.get(problem.id),
                rejected=state_of(lives.get(problem.id, ())) is Stage.REJECTED,
            )
            for problem in problems
        ]
