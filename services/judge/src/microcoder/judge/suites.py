"""Where tests come from: a request, or the store by way of a cache."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from microcoder.core.errors import InvalidArgument
from microcoder.core.grouping import TestGroup
from microcoder.core.ids import digest_of
from microcoder.core.problem import TestSuite
from microcoder.store import BlobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test with its content. The answer stays outside the jail of the program that is judged."""

    __test__ = False

    name: str
    input: bytes
    answer: bytes
    flags: tuple[str, ...] = ()
    group: str = ""


class Suite(Protocol):
    """Tests in judging order, loaded one at a time so that memory does not grow with their number."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tests."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each test, in the same order."""

    @property
    def grouping(self) -> tuple[TestGroup, ...]:
        """Settings of the groups, where tests are about points."""

    async def load(self, ordinal: int) -> Test:
        """One test.

        Raises:
            NotFound: The store has lost it.
            DataLoss: The store has damaged it.
            Unavailable: The store does not answer.
        """


class InlineSuite:
    """Tests of a request."""

    def __init__(self, tests: Sequence[Test], *, grouping: Sequence[TestGroup] = ()) -> None:
        self._tests = tests
        self._names = tuple(test.name for test in tests)
        self._groups = tuple(test.group for test in tests)
        self._grouping = tuple(grouping)

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def groups(self) -> tuple[str, ...]:
        return self._groups

    @property
    def grouping(self) -> tuple[TestGroup, ...]:
        return self._grouping

    async def load(self, ordinal: int) -> Test:
        return self._tests[ordinal]


class BlobCache:
    """Blobs by digest: those of the store, and those that callers left here, the least recently used ones dropped."""

    def __init__(self, blobs: BlobStore, *, max_bytes: int) -> None:
        self._blobs = blobs
        self._max_bytes = max_bytes
        self._bytes = 0
        self._cache: OrderedDict[str, bytes] = OrderedDict()

    async def get(self, digest: str) -> bytes:
        """The blob, as of `BlobStore.get`."""
        if digest in self._cache:
            self._cache.move_to_end(digest)
            return self._cache[digest]
        data = await self._blobs.get(digest)
        self._keep(digest, data)
        return data

    def put(self, data: bytes) -> str:
        """Keeps a blob as long as there is room, and gives its digest.

        Raises:
            InvalidArgument: There will never be room for it.
        """
        if len(data) > self._max_bytes:
            raise InvalidArgument(
                f"{len(data)} bytes are more than this judge keeps (MICROCODER_JUDGE__BLOB_CACHE_BYTES)",
                fields={"contents": "is too large"},
            )
        digest = digest_of(data)
        self._keep(digest, data)
        return digest

    def held(self, digest: str) -> bytes | None:
        """The blob, where it is in memory."""
        return self._cache.get(digest)

    async def has(self, digest: str) -> bool:
        """Whether the store has it."""
        return await self._blobs.has(digest)

    def _keep(self, digest: str, data: bytes) -> None:
        if digest in self._cache:
            self._cache.move_to_end(digest)
            return
        if len(data) > self._max_bytes:
            return
        self._cache[digest] = data
        self._bytes += len(data)
        while self._bytes > self._max_bytes:
            _, oldest = self._cache.popitem(last=False)
            self._bytes -= len(oldest)


class StoredSuite:
    """Tests of the catalogue."""

    def __init__(self, suite: TestSuite, blobs: BlobCache) -> None:
        self._suite = suite
        self._blobs = blobs

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(case.name for case in self._suite.cases)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(case.group for case in self._suite.cases)

    @property
    def grouping(self) -> tuple[TestGroup, ...]:
        return self._suite.groups

    async def load(self, ordinal: int) -> Test:
        case = self._suite.cases[ordinal]
        data, answer = await asyncio.gather(self._blobs.get(case.input_digest), self._blobs.get(case.answer_digest))
        return Test(name=case.name, input=data, answer=answer, flags=case.validator_flags, group=case.group)


class PartOfSuite:
    """Some tests of a suite, in the given order."""

    def __init__(self, suite: Suite, ordinals: Sequence[int]) -> None:
        self._suite = suite
        self._ordinals = ordinals

    @property
    def names(self) -> tuple[str, ...]:
        names = self._suite.names
        return tuple(names[ordinal] for ordinal in self._ordinals)

    @property
    def groups(self) -> tuple[str, ...]:
        groups = self._suite.groups
        return tuple(groups[ordinal] for ordinal in self._ordinals)

    @property
    def grouping(self) -> tuple[TestGroup, ...]:
        return self._suite.grouping

    async def load(self, ordinal: int) -> Test:
        return await self._suite.load(self._ordinals[ordinal])
