import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from microcoder.core.difficulty import CurvePoint, Level
from microcoder.core.problem import IoMode
from microcoder.core.release import ReleasePolicy
from microcoder.core.verification import Grade
from microcoder.scorer.domain.selection import Candidate, Criteria, Rule, select
from microcoder.testing.builders import NOW, make_calibration, make_prediction, make_problem, make_verification

PREDICTION = make_prediction(overall=2.6)
CALIBRATION = make_calibration(
    scorer=PREDICTION.scorer,
    easy_below=2.7,
    hard_above=3.0,
    curve=(
        CurvePoint(score=2.0, pass_rate=1.0, low=0.9, high=1.0),
        CurvePoint(score=3.0, pass_rate=0.0, low=0.0, high=0.1),
    ),
)


def candidate(**changes: Any) -> Candidate:
    base = Candidate(problem=make_problem(), verification=make_verification(), prediction=PREDICTION, rejected=False)
    return dataclasses.replace(base, **changes)


def criteria(policy: ReleasePolicy | None = None, **changes: Any) -> Criteria:
    base = Criteria(policy=policy or ReleasePolicy(), prompt_digest=PREDICTION.prompt_digest, calibration=None)
    return dataclasses.replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "policy", "rule"),
    [
        ({"rejected": True}, {}, Rule.REJECTED),
        ({"verification": None}, {}, Rule.NOT_VERIFIED),
        ({"verification": make_verification(grade=Grade.NONE)}, {}, Rule.GRADE),
        ({"verification": make_verification(grade=Grade.ACCEPTED)}, {"min_grade": Grade.PROVEN}, Rule.GRADE),
        ({"problem": make_problem(io_mode=IoMode.INTERACTIVE)}, {}, Rule.UNSUPPORTED_MODE),
        ({"prediction": None}, {}, Rule.NOT_SCORED),
        ({"prediction": dataclasses.replace(PREDICTION, prompt_digest="other")}, {}, Rule.NOT_SCORED),
        ({}, {"sources": ("elsewhere",)}, Rule.SOURCE),
        ({}, {"licences": ("MIT",)}, Rule.LICENCE),
        ({}, {"published_from": NOW + timedelta(seconds=1)}, Rule.PUBLISHED),
        ({}, {"published_to": NOW - timedelta(seconds=1)}, Rule.PUBLISHED),
        ({"problem": make_problem(published_time=None)}, {"published_to": NOW}, Rule.PUBLISHED),
        ({}, {"levels": (Level.EASY, Level.HARD)}, Rule.LEVEL),
    ],
)
def test_each_rule_leaves_out_what_it_says(changes: dict[str, Any], policy: dict[str, Any], rule: Rule) -> None:
    outcome = select([candidate(**changes)], criteria(ReleasePolicy(**policy)))
    assert outcome.selected == ()
    assert outcome.excluded == {rule.value: 1}


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"published_from": NOW, "published_to": NOW},
        {"licences": ("MIT", "CC-BY-4.0")},
        {"sources": ("kattis:sample-contest",)},
        {"levels": (Level.MEDIUM,)},
        {"min_grade": Grade.PROVEN},
    ],
)
def test_a_problem_that_fits_goes_in(policy: dict[str, Any]) -> None:
    (item,) = select([candidate()], criteria(ReleasePolicy(**policy))).selected
    assert (item.level, item.pass_rate) == (Level.MEDIUM, None)


def test_the_first_rule_is_counted_and_counts_are_in_the_rules_order() -> None:
    hopeless = candidate(rejected=True, verification=None, prediction=None)
    unscored = [candidate(prediction=None)] * 2
    assert list(select([*unscored, hopeless], criteria()).excluded.items()) == [("rejected", 1), ("not_scored", 2)]


def test_records_about_older_revisions_count_as_missing() -> None:
    newer = make_problem(revision=2)
    stale = Candidate.of(newer, make_verification(), PREDICTION, rejected=False)
    assert (stale.verification, stale.prediction) == (None, None)


def test_a_calibration_sets_level_and_pass_rate() -> None:
    outcome = select([candidate()], criteria(calibration=CALIBRATION))
    (item,) = outcome.selected
    assert item.level is Level.EASY
    assert item.pass_rate == pytest.approx(0.4)
    assert outcome.level_counts == {"easy": 1}


def test_a_calibration_takes_no_scores_of_another_model() -> None:
    other = candidate(prediction=dataclasses.replace(PREDICTION, scorer="another"))
    assert select([other], criteria(calibration=CALIBRATION)).excluded == {"other_scorer": 1}


def test_selected_problems_are_in_the_order_of_their_ids() -> None:
    problems = [candidate(problem=make_problem(name)) for name in ("zebra", "apple", "mango")]
    ids = [item.problem.id for item in select(problems, criteria()).selected]
    assert ids == sorted(ids)
