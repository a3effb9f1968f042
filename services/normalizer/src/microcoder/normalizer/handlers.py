"""Handling `problem.collected`."""

import asyncio
from dataclasses import dataclass
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Problem
from microcoder.core.rejection import RejectReason
from microcoder.core.source import RawProblem
from microcoder.core.timeline import Stage
from microcoder.host import Runtime
from microcoder.normalizer.adapters.documents import read_documents
from microcoder.normalizer.adapters.tar_package import TarPackage
from microcoder.normalizer.domain.contamination import ProtectedTexts
from microcoder.normalizer.domain.normalize import Normalized, normalize
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.rejecting import Rejected
from microcoder.normalizer.duplicates import Duplicates
from microcoder.v1.events_pb2 import Event, ProblemNormalized, ProblemRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What problems are measured against."""

    policy: Policy
    """The choices that the format leaves open."""
    protected: ProtectedTexts
    """Statements of evaluation sets."""


class CollectedHandler:
    """Brings each collected problem into canonical form, or rejects it with a reason."""

    def __init__(self, runtime: Runtime[Any], screening: Screening, *, parallel: int) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._screening = screening
        self._duplicates = Duplicates(runtime.store)
        self._in_memory = asyncio.Semaphore(parallel)
        self._deciding = asyncio.Lock()

    async def handle(self, event: Event) -> None:
        """Handles one event; a repeat gives the same state and the same event again."""
        collected = event.problem_collected
        raw = await self._store.raw_problems.get(collected.problem_id)
        if raw.revision != collected.revision:
            return  # a newer revision is there, and its own event comes
        try:
            async with self._in_memory:
                normalized = await self._normalize(raw)
            await self._keep(normalized)
        except Rejected as rejected:
            await self._reject(raw.id, raw.revision, rejected)

    async def _normalize(self, raw: RawProblem) -> Normalized:
        """The canonical form, with its blobs in the store."""
        data = await self._store.blobs.get(raw.raw_digest)
        package, normalized = await asyncio.to_thread(self._convert, raw, data)
        for digest, path in normalized.blobs.items():
            if not await self._store.blobs.has(digest):
                await self._put_blob(package.read(path), path)
        return normalized

    def _convert(self, raw: RawProblem, data: bytes) -> tuple[TarPackage, Normalized]:
        package = TarPackage(data)
        policy = self._screening.policy
        normalized = normalize(raw, package, read_documents(package), policy, version=self._runtime.version)
        overlap = self._screening.protected.overlap(normalized.problem.statement)
        if overlap.share > policy.contamination_threshold:
            raise Rejected(
                RejectReason.CONTAMINATED,
                f"{overlap.share:.0%} of its 16-grams are in the evaluation set's {overlap.name}, "
                f"at most {policy.contamination_threshold:.0%} may be",
            )
        return package, normalized

    async def _put_blob(self, data: bytes, path: str) -> None:
        try:
            await self._store.blobs.put(data)
        except InvalidArgument as error:
            raise Rejected(RejectReason.UNSAFE_PACKAGE, f"{path}: {error.message}") from error

    async def _keep(self, normalized: Normalized) -> None:
        problem = normalized.problem
        async with self._deciding:
            rivals = await self._duplicates.rivals(problem)
            if rivals.earlier:
                raise _duplicate_of(rivals.earlier)
            if not await self._store.problems.put_revision(problem):
                return
            # Once more: another process may have written the same problem in between.
            rivals = await self._duplicates.rivals(problem)
            for later in rivals.later:
                await self._reject(later.id, later.revision, _duplicate_of(problem.id))
            if rivals.earlier:
                raise _duplicate_of(rivals.earlier)
            await self._runtime.note(
                problem.id, problem.revision, Stage.NORMALIZED, _summary(normalized), details=_details(normalized)
            )
            await self._runtime.publish(ProblemNormalized(problem_id=problem.id, revision=problem.revision))

    async def _reject(self, problem_id: str, revision: int, rejected: Rejected) -> None:
        reason, message = rejected.reason.value, rejected.message
        await self._runtime.note(problem_id, revision, Stage.REJECTED, message, reason=reason)
        await self._runtime.publish(
            ProblemRejected(
                problem_id=problem_id,
                revision=revision,
                service=self._runtime.name,
                reason=reason,
                message=message,
            )
        )


def _duplicate_of(problem_id: str) -> Rejected:
    return Rejected(RejectReason.DUPLICATE, f"the same problem is there as {problem_id}")


def _summary(normalized: Normalized) -> str:
    problem, tests = normalized.problem, normalized.tests
    left_out = [f"{tests.over_cap} over the cap"] if tests.over_cap else []
    left_out += [f"{tests.too_large} too large"] if tests.too_large else []
    remark = f" ({', '.join(left_out)})" if left_out else ""
    return (
        f"{problem.title}: {len(problem.suite.cases)} of {tests.total} tests{remark}, {len(problem.programs)} programs"
    )


def _details(normalized: Normalized) -> dict[str, str]:
    problem: Problem = normalized.problem
    return {
        "statement_digest": problem.statement_digest,
        "suite_digest": problem.suite.digest,
        "normalizer_version": problem.normalizer_version,
        "language": problem.language,
        "tests_kept": str(len(problem.suite.cases)),
        "tests_too_large": str(normalized.tests.too_large),
        "tests_over_cap": str(normalized.tests.over_cap),
    }
