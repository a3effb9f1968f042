import pytest

from microcoder.core.verdict import Verdict
from microcoder.trainer.domain.rewards import mean_reward, overlong_charge, scored
from microcoder.trainer.domain.truncation import Standing


@pytest.mark.parametrize("verdict", [v for v in Verdict if v not in (Verdict.AC, Verdict.IE)])
def test_every_other_verdict_is_worth_nothing(verdict: Verdict) -> None:
    item = scored("p", "text", verdict, has_program=True)
    assert (item.reward, item.verdict, item.standing) == (0.0, verdict, Standing.FAILED)


def test_all_tests_passed_is_worth_one() -> None:
    assert scored("p", "text", Verdict.AC, has_program=True).reward == 1.0


@pytest.mark.parametrize("verdict", [None, Verdict.IE])
def test_trouble_of_the_judge_is_no_reward_and_not_zero(verdict: Verdict | None) -> None:
    item = scored("p", "text", verdict, has_program=True)
    assert (item.reward, item.verdict, item.standing) == (None, Verdict.IE, Standing.UNKNOWN)


def test_no_program_is_worth_nothing_without_a_judge() -> None:
    item = scored("p", "text", None, has_program=False)
    assert (item.reward, item.verdict, item.standing) == (0.0, Verdict.CE, Standing.INCOMPLETE)


def test_the_mean_leaves_out_what_is_not_known() -> None:
    batch = [scored("p", "", verdict, has_program=True) for verdict in (Verdict.AC, Verdict.WA, None)]
    assert mean_reward(batch) == 0.5
    assert mean_reward(batch[2:]) is None


@pytest.mark.parametrize(("length", "charge"), [(0, 0.0), (80, 0.0), (90, -0.5), (100, -1.0), (140, -1.0)])
def test_length_is_charged_linearly_over_the_last_part(length: int, charge: float) -> None:
    assert overlong_charge(length, 100, 0.2) == pytest.approx(charge)


def test_without_a_share_length_costs_nothing() -> None:
    assert overlong_charge(100, 100, 0.0) == 0.0
