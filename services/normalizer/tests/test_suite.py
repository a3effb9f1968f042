import random

import pytest

from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.suite import (
    FoundTest,
    build_suite,
    cap_tests,
    find_tests,
    shown_samples,
)
from microcoder.testing.packages import MemoryPackage


def found(lengths: dict[str, int]) -> list[FoundTest]:
    files = {}
    for name, length in lengths.items():
        files[f"data/{name}.in"] = b"x" * length
        files[f"data/{name}.ans"] = b"y"
    return find_tests(MemoryPackage(files), {})


def kept(lengths: dict[str, int], **policy: int) -> list[str]:
    return [test.name for test in cap_tests(found(lengths), Policy(**policy)).tests]  # type: ignore[arg-type]


def test_the_longest_inputs_stay_samples_in_front_in_the_order_of_names() -> None:
    lengths = {"sample/1": 1, "sample/2": 2, "secret/a": 50, "secret/b": 10, "secret/c": 40, "secret/d": 30}
    assert kept(lengths, max_tests=5) == ["sample/1", "sample/2", "secret/a", "secret/c", "secret/d"]
    assert kept(lengths, max_tests=1) == ["sample/1", "sample/2"]


def test_equal_lengths_are_decided_by_name_whatever_the_order() -> None:
    names = [f"secret/{n:02d}" for n in range(30)]
    shuffled = names[:]
    random.Random(3).shuffle(shuffled)
    assert kept(dict.fromkeys(shuffled, 7)) == names[:15]


def test_what_was_left_out_is_counted() -> None:
    lengths = {"sample/1": 1, **{f"secret/{n:02d}": n for n in range(1, 31)}, "secret/huge": 1000}
    capped = cap_tests(found(lengths), Policy(max_test_bytes=100))
    assert (len(capped.tests), capped.total, capped.too_large, capped.over_cap) == (15, 32, 1, 16)


def test_nested_groups_inherit_their_flags() -> None:
    files = {}
    for name in ("sample/1", "secret/g1/1", "secret/g1/deep/1", "secret/g2/1"):
        files[f"data/{name}.in"] = files[f"data/{name}.ans"] = b"1"
    groups: dict[str, dict[str, object]] = {
        "data": {"output_validator_flags": "top"},
        "data/secret/g1": {"output_validator_flags": "a b"},
        "data/secret/g1/deep": {"range": "0 1"},
        "data/secret/g2": {"output_validator_args": ["x y", 3]},
    }
    flags = {test.name: test.flags for test in find_tests(MemoryPackage(files), groups)}
    assert flags == {
        "sample/1": ("top",), "secret/g1/1": ("a", "b"), "secret/g1/deep/1": ("a", "b"), "secret/g2/1": ("x y", "3"),
    }  # fmt: skip


@pytest.mark.parametrize("odd", [b"\xff\xfe", b"\x00", b""])
def test_tests_may_be_any_bytes_but_only_text_is_shown(odd: bytes) -> None:
    files = {"data/sample/1.in": odd, "data/sample/1.ans": b"1"}
    package = MemoryPackage(files)
    capped = cap_tests(find_tests(package, {}), Policy())
    suite, _ = build_suite(package, capped)
    assert len(suite.cases) == 1
    assert len(shown_samples(package, capped, Policy())) == (0 if odd.startswith(b"\xff") else 1)
    assert shown_samples(package, capped, Policy(max_sample_bytes=0)) == ()


def test_equal_tests_have_equal_digests() -> None:
    def digest(answer: bytes) -> str:
        package = MemoryPackage({"data/secret/1.in": b"1", "data/secret/1.ans": answer})
        return build_suite(package, cap_tests(find_tests(package, {}), Policy()))[0].digest

    assert digest(b"1") == digest(b"1") != digest(b"2")
