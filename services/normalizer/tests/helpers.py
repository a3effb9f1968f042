"""Packages in memory."""

from microcoder.core.ids import digest_of
from microcoder.core.source import RawProblem
from microcoder.normalizer.adapters.documents import read_documents
from microcoder.normalizer.domain.normalize import Normalized, normalize
from microcoder.normalizer.domain.policy import Policy
from microcoder.testing.builders import make_raw_problem
from microcoder.testing.packages import MemoryPackage, kattis_package


def package(**files: str | bytes | None) -> MemoryPackage:
    """`kattis_package` with other or more files."""
    return MemoryPackage(kattis_package(files=files))


def normalized(policy: Policy | None = None, /, **files: str | bytes | None) -> Normalized:
    """What becomes of such a package."""
    made = package(**files)
    raw: RawProblem = make_raw_problem(raw_digest=digest_of(b"raw"))
    return normalize(raw, made, read_documents(made), policy or Policy(), version="9.9")
