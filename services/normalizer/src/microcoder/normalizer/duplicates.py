"""The same problem under another id: the one that was collected first stays.

Collection order, not the order in which messages happen to be handled, so that a second run decides alike.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from microcoder.core.problem import Problem
from microcoder.core.rejection import RejectReason
from microcoder.core.timeline import Stage
from microcoder.normalizer.domain.fingerprint import samples_digest
from microcoder.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Problems in the catalogue that are the same as a given one."""

    earlier: str
    """Id of the first collected of those before it, empty where there is none."""
    later: tuple[Problem, ...]
    """Those collected after it."""


class Duplicates:
    """Finds rivals."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def rivals(self, problem: Problem) -> Rivals:
        """All problems with the same words, or with the same title and the same samples, that still stand."""
        own_rank = await self._rank(problem.id)
        ranked = [(await self._rank(other.id), other) async for other in self._same(problem)]
        earlier = [rank for rank, _ in ranked if rank < own_rank]
        return Rivals(
            earlier=min(earlier)[1] if earlier else "",
            later=tuple(other for rank, other in ranked if rank > own_rank),
        )

    async def _same(self, problem: Problem) -> AsyncIterator[Problem]:
        seen = {problem.id}
        samples = samples_digest(problem.samples)
        for where in ({"statement_digest": problem.statement_digest}, {"title": problem.title}):
            async for other in self._store.problems.scan(where):
                if other.id in seen:
                    continue
                same_samples = samples != "" and samples_digest(other.samples) == samples
                same_words = other.statement_digest == problem.statement_digest
                if (same_words or same_samples) and not await self._is_duplicate_itself(other):
                    seen.add(other.id)
                    yield other

    async def _is_duplicate_itself(self, problem: Problem) -> bool:
        entries = await self._store.timeline.of(problem.id)
        return any(
            entry.stage is Stage.REJECTED
            and entry.reason == RejectReason.DUPLICATE
            and entry.revision >= problem.revision
            for entry in entries
        )

    async def _rank(self, problem_id: str) -> tuple[datetime, str]:
        """When the problem was collected first, and its id."""
        entries = await self._store.timeline.of(problem_id)
        collected = [entry.time for entry in entries if entry.stage is Stage.COLLECTED]
        if collected:
            return min(collected), problem_id
        return (await self._store.raw_problems.get(problem_id)).fetched_time, problem_id
