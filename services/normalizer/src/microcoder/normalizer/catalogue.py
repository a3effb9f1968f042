"""Reading the catalogue: problems with what all services know about them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.core.difficulty import Prediction
from microcoder.core.errors import NotFound
from microcoder.core.problem import Problem
from microcoder.core.source import RawProblem
from microcoder.core.timeline import Stage, TimelineEntry
from microcoder.core.verification import Verification
from microcoder.normalizer.domain.summary import Funnel, Summary, funnel, summarize
from microcoder.store import Store

_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything known about one problem."""

    summary: Summary
    problem: Problem | None
    verification: Verification | None
    prediction: Prediction | None


class Catalogue:
    """Lists and dossiers, also of problems that never became readable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def dossier(self, problem_id: str) -> Dossier:
        """Everything known about one problem.

        Raises:
            NotFound: Nothing is.
        """
        raw = await self._store.raw_problems.find(problem_id)
        if raw is None:
            raise NotFound(f"there is no problem {problem_id!r}")
        return (await self._dossiers([raw]))[0]

    async def page(
        self, *, page_size: int, page_token: str, source: str, problem_ids: Sequence[str], state: Stage | None
    ) -> tuple[list[Summary], str]:
        """A page of summaries by id, and the token of the next.

        With `state`, pages may be shorter than asked for, though not empty before the last: the state is not stored
        but read off the timelines.
        """
        while True:
            page = await self._store.raw_problems.page(
                page_size=page_size, page_token=page_token, where=_where(source, problem_ids)
            )
            found = [dossier.summary for dossier in await self._dossiers(page.items)]
            kept = [summary for summary in found if state is None or summary.state is state]
            if kept or not page.next_token:
                return kept, page.next_token
            page_token = page.next_token

    async def life(self, problem_id: str) -> list[TimelineEntry]:
        """The timeline of one problem, oldest first.

        Raises:
            NotFound: Nothing is known of it.
        """
        entries = await self._store.timeline.of(problem_id)
        if not entries:
            raise NotFound(f"nothing is known of a problem {problem_id!r}")
        return entries

    async def funnel(self, *, source: str, problem_ids: Sequence[str]) -> Funnel:
        """Counts per stage and per reason."""
        return funnel([life async for life in self._lives(source, problem_ids)])

    async def _lives(self, source: str, problem_ids: Sequence[str]) -> AsyncIterator[list[TimelineEntry]]:
        batch: list[str] = []
        async for raw in self._store.raw_problems.scan(_where(source, problem_ids)):
            batch.append(raw.id)
            if len(batch) == _BATCH:
                for life in await self._timelines(batch):
                    yield life
                batch = []
        for life in await self._timelines(batch):
            yield life

    async def _timelines(self, problem_ids: Sequence[str]) -> list[list[TimelineEntry]]:
        if not problem_ids:
            return []
        found = {problem_id: entries async for problem_id, entries in self._store.timeline.scan(problem_ids)}
        return [found.get(problem_id, []) for problem_id in problem_ids]

    async def _dossiers(self, raws: Sequence[RawProblem]) -> list[Dossier]:
        ids = [raw.id for raw in raws]
        lives = await self._timelines(ids)
        problems = await self._store.problems.get_many(ids)
        verifications = await self._store.verifications.get_many(ids)
        predictions = await self._store.predictions.get_many(ids)
        dossiers = []
        for raw, life in zip(raws, lives, strict=True):
            known = problems.get(raw.id), verifications.get(raw.id), predictions.get(raw.id)
            summary = summarize(raw, life, *known)
            dossiers.append(Dossier(summary=summary, problem=known[0], verification=known[1], prediction=known[2]))
        return dossiers


def _where(source: str, problem_ids: Sequence[str]) -> Mapping[str, Any]:
    where: dict[str, Any] = {"source": source} if source else {}
    return where | ({"id": list(problem_ids)} if problem_ids else {})
