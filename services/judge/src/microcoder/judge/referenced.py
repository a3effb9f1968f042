"""Tests of a request, some parts by value and some by digest."""

import asyncio
from collections.abc import Mapping, Sequence

from microcoder.core.errors import FailedPrecondition
from microcoder.core.grouping import TestGroup
from microcoder.judge.suites import BlobCache, Test
from microcoder.v1 import judge_service_pb2 as pb

TESTS_MISSING = "TESTS_MISSING"
"""Reason of a request that names tests which are not here."""
_SHOWN = 3


class ReferencedSuite:
    """See `referenced_suite`."""

    def __init__(
        self,
        tests: Sequence[pb.InlineTest],
        held: Mapping[str, bytes],
        blobs: BlobCache,
        grouping: Sequence[TestGroup] = (),
    ) -> None:
        self._grouping = tuple(grouping)
        self._tests = tests
        self._held = held
        self._blobs = blobs
        self._names = tuple(test.name or str(ordinal) for ordinal, test in enumerate(tests))

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(test.group for test in self._tests)

    @property
    def grouping(self) -> tuple[TestGroup, ...]:
        return self._grouping

    async def load(self, ordinal: int) -> Test:
        test = self._tests[ordinal]
        data, answer = await asyncio.gather(
            self._part(test.input, test.input_digest), self._part(test.answer, test.answer_digest)
        )
        return Test(
            name=self._names[ordinal], input=data, answer=answer, flags=tuple(test.validator_flags), group=test.group
        )

    async def _part(self, content: bytes, digest: str) -> bytes:
        if not digest:
            return content
        held = self._held.get(digest)
        return held if held is not None else await self._blobs.get(digest)


async def referenced_suite(
    tests: Sequence[pb.InlineTest], blobs: BlobCache, grouping: Sequence[TestGroup] = ()
) -> ReferencedSuite:
    """The suite. What is in memory now stays there until the suite is gone.

    Args:
        tests: Of the request.
        blobs: Where parts are that are named by digest.
        grouping: Settings of groups, where tests are about points.

    Raises:
        FailedPrecondition: Some digests are neither in memory nor in the store; reason `TESTS_MISSING`.
    """
    digests = dict.fromkeys(d for test in tests for d in (test.input_digest, test.answer_digest) if d)
    held = {digest: data for digest in digests if (data := blobs.held(digest)) is not None}
    others = [digest for digest in digests if digest not in held]
    stored = await asyncio.gather(*(blobs.has(digest) for digest in others))
    missing = [digest for digest, there in zip(others, stored, strict=True) if not there]
    if missing:
        raise FailedPrecondition(
            f"{len(missing)} of the tests' parts are not here; leave them by PutTests and ask again",
            reason=TESTS_MISSING,
            metadata={"missing": str(len(missing)), "digests": ",".join(missing[:_SHOWN])},
        )
    return ReferencedSuite(tests, held, blobs, grouping)
