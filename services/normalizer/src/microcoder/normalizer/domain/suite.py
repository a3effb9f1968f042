"""The tests of a package, their flags, and the cap."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.core.grouping import TestGroup
from microcoder.core.ids import digest_of
from microcoder.core.problem import Sample, TestCase, TestSuite
from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.package import Package, below
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.rejecting import Rejected

MODERN_GROUP_FILE = "test_group.yaml"
GROUP_FILES = ("testdata.yaml", MODERN_GROUP_FILE)
"""Settings of a group of tests; the second name is that of newer packages."""

_FLAG_KEYS = ("output_validator_flags", "output_validator_args")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTest:
    """A test with both its files."""

    name: str
    """Path below `data/` without suffix: `secret/group1/03`."""
    input_path: str
    """In the package."""
    answer_path: str
    """In the package."""
    input_bytes: int
    """Length."""
    answer_bytes: int
    """Length."""
    flags: tuple[str, ...]
    """Arguments for the output validator on this test."""

    @property
    def sample(self) -> bool:
        """Whether the statement shows it."""
        return self.name.startswith("sample/")

    @property
    def group(self) -> str:
        """The name without its last part."""
        return self.name.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedTests:
    """The tests that are kept, in judging order, and how many were not."""

    tests: tuple[FoundTest, ...]
    """Samples first, then by name."""
    total: int
    """Tests that the package has."""
    too_large: int
    """Left out because of their size."""
    over_cap: int
    """Left out because others have longer inputs."""


def find_tests(package: Package, groups: Mapping[str, Mapping[str, Any]]) -> list[FoundTest]:
    """All tests with an input and an answer, by name.

    Args:
        package: The package.
        groups: Content of the `GROUP_FILES`, by folder (`data/secret/group1`), and of tests' own, by path.
    """
    present = set(package.paths)
    tests = []
    for folder in ("data/sample", "data/secret"):
        for path in below(package, folder):
            answer = path.removesuffix(".in") + ".ans"
            if path.endswith(".in") and answer in present:
                tests.append(
                    FoundTest(
                        name=path.removeprefix("data/").removesuffix(".in"),
                        input_path=path,
                        answer_path=answer,
                        input_bytes=package.size(path),
                        answer_bytes=package.size(answer),
                        flags=_flags(path.removesuffix(".in"), groups),
                    )
                )
    return tests


def cap_tests(tests: Sequence[FoundTest], policy: Policy, *, by_group: bool = False) -> CappedTests:
    """The tests that are kept: all samples, then the longest inputs up to `policy.max_tests` in all.

    "At most 15, the longest" is MicroCoder's rule, and DeepCoder's before it.

    Args:
        tests: All.
        policy: Its caps.
        by_group: The longest of each group first, then the second longest and so on, so that no group is lost.

    Raises:
        Rejected: None is left.
    """
    small = [t for t in tests if max(t.input_bytes, t.answer_bytes) <= policy.max_test_bytes]
    if not small:
        why = (
            f"each of the {len(tests)} tests is larger than {policy.max_test_bytes} bytes"
            if tests
            else "there is no test with an input (.in) and an answer (.ans)"
        )
        raise Rejected(RejectReason.NO_TESTS, why)
    samples = [test for test in small if test.sample]
    secret = sorted((test for test in small if not test.sample), key=lambda test: (-test.input_bytes, test.name))
    if by_group:
        secret = _in_turn(secret)
    kept = sorted(secret[: max(0, policy.max_tests - len(samples))], key=lambda test: test.name)
    return CappedTests(
        tests=(*samples, *kept),
        total=len(tests),
        too_large=len(tests) - len(small),
        over_cap=len(small) - len(samples) - len(kept),
    )


def _in_turn(tests: Sequence[FoundTest]) -> list[FoundTest]:
    taken: Counter[str] = Counter()
    ranks: dict[str, int] = {}
    for test in tests:
        ranks[test.name] = taken[test.group]
        taken[test.group] += 1
    return sorted(tests, key=lambda test: ranks[test.name])


def build_suite(
    package: Package, capped: CappedTests, groups: Sequence[TestGroup] = ()
) -> tuple[TestSuite, dict[str, str]]:
    """The suite, and where in the package the bytes of each digest lie."""
    places: dict[str, str] = {}
    cases = tuple(_case(package, test, ordinal, places) for ordinal, test in enumerate(capped.tests))
    joined = "".join(case.input_digest + case.answer_digest for case in cases)
    suite = TestSuite(digest=digest_of(joined.encode()), cases=cases, total_cases=capped.total, groups=tuple(groups))
    return suite, places


def shown_samples(package: Package, capped: CappedTests, policy: Policy) -> tuple[Sample, ...]:
    """The samples as texts; those that are too long or no UTF-8 are tests only."""
    samples = []
    for test in capped.tests:
        if test.sample and test.input_bytes + test.answer_bytes <= policy.max_sample_bytes:
            try:
                shown = package.read(test.input_path).decode(), package.read(test.answer_path).decode()
            except UnicodeDecodeError:
                continue
            samples.append(Sample(input=shown[0], output=shown[1]))
    return tuple(samples)


def _case(package: Package, test: FoundTest, ordinal: int, places: dict[str, str]) -> TestCase:
    input_digest = digest_of(package.read(test.input_path))
    answer_digest = digest_of(package.read(test.answer_path))
    places |= {input_digest: test.input_path, answer_digest: test.answer_path}
    return TestCase(
        ordinal=ordinal,
        name=test.name,
        sample=test.sample,
        input_digest=input_digest,
        answer_digest=answer_digest,
        input_bytes=test.input_bytes,
        answer_bytes=test.answer_bytes,
        validator_flags=test.flags,
        group=test.group,
    )


def _flags(path: str, groups: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Those of the test or of the nearest group, upwards, that sets any."""
    while path:
        settings = groups.get(path, {})
        for key in _FLAG_KEYS:
            if key in settings:
                value = settings[key]
                return tuple(map(str, value)) if isinstance(value, list) else tuple(str(value or "").split())
        path = path.rpartition("/")[0]
    return ()
