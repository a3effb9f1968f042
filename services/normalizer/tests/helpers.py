"""Packages in memory."""

from collections.abc import Mapping, Sequence

from microcoder.core.ids import digest_of
from microcoder.core.source import RawProblem
from microcoder.normalizer.adapters.documents import read_documents
from microcoder.normalizer.domain.normalize import Normalized, normalize
from microcoder.normalizer.domain.policy import Policy
from microcoder.testing.builders import make_raw_problem
from microcoder.testing.packages import kattis_package


class MemoryPackage:
    """Fills `Package` from a mapping."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    @property
    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def size(self, path: str) -> int:
        return len(self._files[path])

    def read(self, path: str) -> bytes:
        return self._files[path]


def package(**files: str | bytes | None) -> MemoryPackage:
    """`kattis_package` with other or more files."""
    return MemoryPackage(kattis_package(files=files))


def normalized(policy: Policy | None = None, /, **files: str | bytes | None) -> Normalized:
    """What becomes of such a package."""
    made = package(**files)
    raw: RawProblem = make_raw_problem(raw_digest=digest_of(b"raw"))
    return normalize(raw, made, read_documents(made), policy or Policy(), version="9.9")
