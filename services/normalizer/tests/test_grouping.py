"""Groups of tests with points, from the settings files of packages, legacy and 2025-09."""

from typing import Any

import pytest

from microcoder.core.grouping import ScoreMode, TestGroup, VerdictMode
from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.grouping import test_groups as groups_of  # a test's name otherwise
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.rejecting import Rejected

from .helpers import normalized

TESTS = ["sample/1", "secret/a/1", "secret/a/2", "secret/b/1"]


def legacy(settings: dict[str, dict[str, Any]]) -> dict[str, TestGroup]:
    return {group.name: group for group in groups_of(TESTS, settings, modern=False)}


def modern(settings: dict[str, dict[str, Any]], tests: list[str] = TESTS) -> dict[str, TestGroup]:
    return {group.name: group for group in groups_of(tests, settings, modern=True)}


def test_defaults_of_the_legacy_format() -> None:
    found = legacy({})
    assert list(found) == ["", "sample", "secret", "secret/a", "secret/b"]
    assert found["secret/a"] == TestGroup(name="secret/a")
    assert found["sample"] == TestGroup(name="sample", accept_score=0)


def test_settings_are_inherited_key_by_key() -> None:
    found = legacy(
        {
            "data": {"on_reject": "continue", "grader_flags": "ignore_sample", "range": "0 100"},
            "data/secret": {"grader_flags": "first_error accept_if_any_accepted min max"},
            "data/secret/a": {"accept_score": "12.5", "reject_score": -1, "range": "-inf 50", "on_reject": "break"},
        }
    )
    assert (found[""].ignore_sample, found[""].break_on_reject, found[""].highest_score) == (True, False, 100)
    assert found["secret/a"] == TestGroup(
        name="secret/a",
        verdict_mode=VerdictMode.FIRST_ERROR,
        score_mode=ScoreMode.MAX,
        accept_score=12.5,
        reject_score=-1,
        highest_score=50,
        accept_if_any=True,
    )
    assert (found["secret/b"].score_mode, found["secret/b"].break_on_reject) == (ScoreMode.MAX, False)
    assert not found["sample"].ignore_sample


@pytest.mark.parametrize("nonsense", [None, "x", [1], {}, True, "nan"])
def test_what_is_no_number_counts_as_absent(nonsense: object) -> None:
    found = legacy({"data/secret/a": {"accept_score": nonsense, "range": nonsense, "grader_flags": nonsense}})
    assert (found["secret/a"].accept_score, found["secret/a"].highest_score) == (1.0, None)


def test_graders_of_the_package_are_not_run() -> None:
    with pytest.raises(Rejected, match="program of its own"):
        legacy({"data/secret": {"grading": "custom"}})


def test_defaults_of_the_modern_format() -> None:
    found = modern({"data/secret/a": {"max_score": 30}, "data/secret/b": {"max_score": 70}})
    assert found[""] == TestGroup(name="", break_on_reject=False, ignore_sample=True)
    assert (found["secret"].score_mode, found["secret"].highest_score) == (ScoreMode.SUM, 100)
    assert (found["secret/a"].score_mode, found["secret/a"].highest_score) == (ScoreMode.ALL_OR_NOTHING, 30)


def test_points_of_a_test_in_the_modern_format() -> None:
    flat = ["secret/1", "secret/2", "secret/deep/3", "secret/deep/er/4"]
    assert modern({}, flat[:2])["secret"].accept_score == 50
    found = modern(
        {
            "data/secret": {"max_score": "unbounded"},
            "data/secret/a": {"max_score": 30, "score_aggregation": "sum"},
            "data/secret/b": {"max_score": 8, "score_aggregation": "min", "require_pass": ["sample", "secret/a"]},
        }
    )
    assert found["secret"].highest_score is None
    assert (found["secret/a"].accept_score, found["secret/b"].accept_score) == (15, 8)
    assert found["secret/b"].requires == ("sample", "secret/a")
    deep = modern({"data/secret/deep": {"max_score": 10, "score_aggregation": "sum"}}, flat[2:])
    assert list(deep) == ["", "secret", "secret/deep"]
    assert deep["secret/deep"].accept_score == 5
    with pytest.raises(Rejected, match="static validator"):
        modern({"data/secret/a": {"static_validation_score": 5}})


SCORING = "problem_format_version: 2023-07-draft\ntype: scoring\n"


def test_a_scoring_package() -> None:
    files: dict[str, str] = {
        "problem.yaml": SCORING,
        "data/secret/01.in": None,  # type: ignore[dict-item]
        "data/secret/02.in": None,  # type: ignore[dict-item]
        "data/secret/g/1.in": "1 1",
        "data/secret/g/1.ans": "2",
        "data/secret/g/testdata.yaml": "accept_score: 40\ngrader_flags: min",
    }
    suite = normalized(**files).problem.suite
    assert [(case.name, case.group) for case in suite.cases] == [("sample/1", "sample"), ("secret/g/1", "secret/g")]
    assert [group.name for group in suite.groups] == ["", "sample", "secret", "secret/g"]
    assert suite.groups[-1] == TestGroup(name="secret/g", accept_score=40, score_mode=ScoreMode.MIN)


def test_the_cap_loses_no_group_of_a_scoring_package() -> None:
    def kept(metadata: str) -> list[str]:
        files = {"problem.yaml": metadata}
        for group, length in (("a", 50), ("b", 10)):
            for number in range(3):
                files[f"data/secret/{group}/{number}.in"] = "1 1" + " " * (length + number)
                files[f"data/secret/{group}/{number}.ans"] = "2"
        problem = normalized(Policy(max_tests=4), **files).problem
        return [case.name for case in problem.suite.cases]

    assert kept("name: x") == ["sample/1", "secret/a/0", "secret/a/1", "secret/a/2"]
    assert kept(SCORING) == ["sample/1", "secret/02", "secret/a/2", "secret/b/2"]


def test_problems_without_points_have_no_groups() -> None:
    assert normalized().problem.suite.groups == ()


def test_unsupported_graders_reject_the_package() -> None:
    with pytest.raises(Rejected) as caught:
        normalized(**{"problem.yaml": SCORING, "data/testdata.yaml": "grading: custom"})
    assert caught.value.reason is RejectReason.UNSUPPORTED_MODE
