import numpy as np
import pytest

from microcoder.core.difficulty import CalibrationItem, CurvePoint
from microcoder.scorer.domain.curve import boundaries_of, fit_curve, rank_correlation, rate_at
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES
from microcoder.scorer.domain.strata import stratified_sample


def items(*rows: tuple[float, int], attempts: int = 4) -> list[CalibrationItem]:
    return [
        CalibrationItem(problem_id=f"p{index}", predicted=score, attempts=attempts, passed=passed)
        for index, (score, passed) in enumerate(rows)
    ]


def test_fit_pools_what_violates_the_order() -> None:
    curve = fit_curve(items((1.0, 4), (2.0, 1), (3.0, 3), (4.0, 0)), seed=0)
    assert [point.score for point in curve] == [1.0, 2.0, 3.0, 4.0]
    assert [point.pass_rate for point in curve] == pytest.approx([1.0, 0.5, 0.5, 0.0])


def test_equal_scores_are_one_point_weighted_by_attempts() -> None:
    few, many = items((2.0, 2), attempts=2)[0], items((2.0, 0), attempts=6)[0]
    (point,) = fit_curve([few, many], seed=0)
    assert point.pass_rate == pytest.approx(0.25)


def test_bands_hold_the_curve_fall_with_it_and_repeat_with_the_seed() -> None:
    generator = np.random.default_rng(1)
    rows = [(score, int(generator.binomial(4, 1 - score / 6))) for score in np.linspace(1, 5, 20)]
    curve = fit_curve(items(*rows), seed=3)
    for point in curve:
        assert 0 <= point.low <= point.pass_rate <= point.high <= 1
    lows, highs = [point.low for point in curve], [point.high for point in curve]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs, reverse=True)
    assert curve == fit_curve(items(*rows), seed=3)


def test_all_failing_is_not_certainty() -> None:
    curve = fit_curve(items(*((score, 0) for score in (1.0, 2.0, 3.0, 4.0))), seed=0)
    # Clopper-Pearson for 0 of 16, one-sided 95 %: 1 - 0.05 ** (1 / 16).
    assert [point.high for point in curve] == pytest.approx([0.1707] * 4, abs=1e-4)
    assert [point.low for point in curve] == [0.0] * 4


@pytest.mark.slow
def test_bands_cover_the_truth_about_nine_times_in_ten() -> None:
    generator = np.random.default_rng(7)
    scores = np.linspace(1, 5, 24)
    truth = 1 / (1 + np.exp(2 * (scores - 3)))
    covered = []
    for _ in range(15):
        curve = fit_curve(items(*zip(scores, generator.binomial(4, truth), strict=True)), seed=0)
        covered += [point.low <= rate <= point.high for point, rate in zip(curve, truth, strict=True)]
    assert 0.85 <= np.mean(covered) <= 0.99


def test_rates_between_and_beyond_the_points() -> None:
    curve = [
        CurvePoint(score=2.0, pass_rate=0.8, low=0.6, high=0.9),
        CurvePoint(score=4.0, pass_rate=0.2, low=0.1, high=0.4),
    ]
    middle = rate_at(curve, 3.0)
    assert (middle.pass_rate, middle.low, middle.high) == pytest.approx((0.5, 0.35, 0.65))
    assert rate_at(curve, 1.0).pass_rate == pytest.approx(0.8)
    assert rate_at(curve, 5.0).pass_rate == pytest.approx(0.2)


def test_boundaries_lie_where_the_curve_falls_below_three_quarters_and_one_quarter() -> None:
    curve = [
        CurvePoint(score=score, pass_rate=rate, low=0, high=1) for score, rate in ((1, 1.0), (2, 0.5), (3, 0.5), (4, 0))
    ]
    boundaries, remark = boundaries_of(curve)
    assert (boundaries.easy_below, boundaries.hard_above, remark) == (1.5, 3.5, "")


@pytest.mark.parametrize("rates", [(0.1, 0.0), (1.0, 0.9), (0.6, 0.1), (0.9, 0.5)])
def test_boundaries_stay_at_their_defaults_where_the_sample_cannot_tell(rates: tuple[float, float]) -> None:
    curve = [
        CurvePoint(score=score, pass_rate=rate, low=0, high=1) for score, rate in zip((2.0, 3.0), rates, strict=True)
    ]
    boundaries, remark = boundaries_of(curve)
    assert boundaries == DEFAULT_BOUNDARIES
    assert f"{rates[0]:.0%} to {rates[1]:.0%}" in remark


def test_rank_correlation() -> None:
    assert rank_correlation(items((1.0, 4), (2.0, 3), (3.0, 0))) == pytest.approx(1.0)
    assert rank_correlation(items((1.0, 0), (2.0, 2), (3.0, 4))) == pytest.approx(-1.0)
    assert rank_correlation(items((1.0, 2), (2.0, 2))) is None
    assert rank_correlation(items((2.0, 1), (2.0, 2))) is None


def test_sample_takes_one_of_each_stratum() -> None:
    scores = {f"p{index:02d}": index / 10 for index in range(40)}
    sample = stratified_sample(scores, 8, seed=5)
    assert [int(name[1:]) // 5 for name in sample] == list(range(8))
    assert sample == stratified_sample(dict(reversed(scores.items())), 8, seed=5)
    assert sample != stratified_sample(scores, 8, seed=6)


def test_sample_takes_all_where_there_are_few() -> None:
    assert stratified_sample({"b": 1.0, "a": 1.0, "c": 0.5}, 8, seed=0) == ["c", "a", "b"]
    assert stratified_sample({}, 8, seed=0) == []
