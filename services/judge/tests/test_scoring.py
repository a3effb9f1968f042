"""Groups of tests: verdicts and points by the rules of Kattis' format."""

from dataclasses import replace

import pytest

from microcoder.core.grouping import ScoreMode, TestGroup, VerdictMode
from microcoder.core.verdict import StopMode, TestResult, Verdict
from microcoder.judge.domain.scoring import Grading
from microcoder.judge.domain.stopping import chains

AC, WA, TLE, RE, IE, SKIPPED = (
    Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.RE, Verdict.IE, Verdict.SKIPPED,
)  # fmt: skip
# The settings of problemtools' example `oddecho`.
ODD_ECHO = (
    TestGroup(name="", break_on_reject=False, lowest_score=0, highest_score=100, ignore_sample=True),
    TestGroup(name="sample", break_on_reject=False, highest_score=0, verdict_mode=VerdictMode.FIRST_ERROR),
    TestGroup(
        name="secret",
        break_on_reject=False,
        highest_score=100,
        verdict_mode=VerdictMode.FIRST_ERROR,
        accept_if_any=True,
    ),
    TestGroup(name="secret/one", accept_score=50, highest_score=50, score_mode=ScoreMode.MIN),
    TestGroup(name="secret/two", accept_score=50, highest_score=50, score_mode=ScoreMode.MIN),
)
TESTS = ("sample/1", "secret/one/1", "secret/one/2", "secret/two/1", "secret/two/2")
SUM = TestGroup(name="", break_on_reject=False)


def groups_of(tests: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(test.rpartition("/")[0] for test in tests)


def graded(
    groups: tuple[TestGroup, ...], tests: tuple[str, ...], *verdicts: Verdict
) -> dict[str, tuple[Verdict, float | None]]:
    results = [
        TestResult(ordinal=ordinal, name=name, verdict=verdict)
        for ordinal, (name, verdict) in enumerate(zip(tests, verdicts, strict=True))
    ]
    found = Grading(groups, tests, groups_of(tests)).results(results)
    assert found[0].name == ""
    return {group.name: (group.verdict, group.score) for group in found}


def test_all_accepted() -> None:
    found = graded(ODD_ECHO, TESTS, AC, AC, AC, AC, AC)
    assert found == {
        "": (AC, 100),
        "sample": (AC, 0),
        "secret": (AC, 100),
        "secret/one": (AC, 50),
        "secret/two": (AC, 50),
    }


def test_one_group_fails_and_any_accepted_one_is_enough() -> None:
    found = graded(ODD_ECHO, TESTS, AC, AC, AC, AC, WA)
    expected = {"secret/two": (WA, 0), "secret": (AC, 50), "": (AC, 50)}
    assert {name: found[name] for name in expected} == expected


def test_the_first_error_decides_where_none_is_accepted() -> None:
    found = graded(ODD_ECHO, TESTS, AC, AC, TLE, WA, AC)
    assert found["secret"] == found[""] == (TLE, 0)


def test_the_sample_does_not_count_where_the_root_says_so() -> None:
    assert graded(ODD_ECHO, TESTS, WA, AC, AC, AC, AC)[""] == (AC, 100)
    counting = (replace(ODD_ECHO[0], ignore_sample=False), *ODD_ECHO[1:])
    assert graded(counting, TESTS, WA, AC, AC, AC, AC)[""][0] is WA


@pytest.mark.parametrize(
    ("mode", "score"), [(ScoreMode.SUM, 1.0), (ScoreMode.MIN, 0.0), (ScoreMode.MAX, 1.0), (ScoreMode.AVG, 0.5)]
)
def test_score_modes(mode: ScoreMode, score: float) -> None:
    assert graded((replace(SUM, score_mode=mode),), ("a", "b"), AC, WA)[""] == (WA, score)


def test_items_after_the_first_rejected_one_do_not_count_where_a_group_breaks() -> None:
    settings = (TestGroup(name="", reject_score=-1),)
    assert graded(settings, ("a", "b", "c"), AC, WA, AC)[""] == (WA, 0.0)
    assert graded(settings, ("a", "b", "c"), AC, WA, SKIPPED)[""] == (WA, 0.0)
    assert graded((replace(settings[0], break_on_reject=False),), ("a", "b", "c"), AC, WA, AC)[""] == (WA, 1.0)


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [(VerdictMode.WORST_ERROR, RE), (VerdictMode.FIRST_ERROR, WA), (VerdictMode.ALWAYS_ACCEPT, AC)],
)
def test_verdict_modes(mode: VerdictMode, verdict: Verdict) -> None:
    assert graded((replace(SUM, verdict_mode=mode),), ("a", "b", "c"), AC, WA, RE)[""][0] is verdict


def test_what_was_not_run_or_not_judged_makes_the_score_unknown() -> None:
    assert graded((SUM,), ("a", "b"), AC, SKIPPED)[""] == (SKIPPED, None)
    assert graded((SUM,), ("a", "b"), WA, IE)[""] == (IE, None)
    assert graded(ODD_ECHO, TESTS, AC, AC, IE, AC, AC)[""] == (IE, None)
    assert Grading((SUM,), ("a",), ("",)).results([])[0].score is None


def test_points_of_the_checker_go_before_the_settings() -> None:
    def one(**given: float) -> float | None:
        result = replace(TestResult(ordinal=0, name="a", verdict=AC), **given)  # type: ignore[arg-type]
        return Grading((replace(SUM, accept_score=8),), ("a",), ("",)).results([result])[0].score

    assert (one(score=3.5), one(score_multiplier=0.25), one()) == (3.5, 2.0, 8.0)
    rejected = TestResult(ordinal=0, name="a", verdict=WA, score=5)
    assert Grading((SUM,), ("a",), ("",)).results([rejected])[0].score == 0


def test_all_or_nothing_and_groups_that_need_others() -> None:
    settings = (
        SUM,
        TestGroup(name="s", break_on_reject=False),
        TestGroup(name="s/a", score_mode=ScoreMode.ALL_OR_NOTHING, highest_score=30),
        TestGroup(name="s/b", score_mode=ScoreMode.ALL_OR_NOTHING, highest_score=70, requires=("s/a",)),
    )
    tests = ("s/a/1", "s/a/2", "s/b/1")
    assert graded(settings, tests, AC, AC, AC)[""] == (AC, 100)
    assert graded(settings, tests, AC, AC, WA)[""] == (WA, 30)
    found = graded(settings, tests, WA, AC, AC)
    assert (found["s/b"], found[""]) == ((WA, 0), (WA, 0))
    assert Grading(settings, tests, groups_of(tests)).max_score() == 100


def test_the_largest_score() -> None:
    assert Grading(ODD_ECHO, TESTS, groups_of(TESTS)).max_score() == 100
    plain = (SUM, TestGroup(name="g", accept_score=4, score_mode=ScoreMode.AVG))
    assert Grading(plain, ("g/1", "g/2", "x"), ("g", "g", "")).max_score() == 5
    assert Grading((TestGroup(name="", score_mode=ScoreMode.ALL_OR_NOTHING),), ("a",), ("",)).max_score() is None


def test_folders_without_settings_are_no_groups() -> None:
    found = graded((SUM, TestGroup(name="g", accept_score=2)), ("g/deep/er/1", "other/1"), AC, AC)
    assert found == {"": (AC, 3), "g": (AC, 2)}


def test_chains() -> None:
    groups = ("s", "a", "b", "a", "b")
    assert chains(StopMode.ALL, groups) == [[0], [1], [2], [3], [4]]
    assert chains(StopMode.FIRST_FAIL, groups) == [[0, 1, 2, 3, 4]]
    assert chains(StopMode.FIRST_FAIL_PER_GROUP, groups) == [[0], [1, 3], [2, 4]]
