"""From predicted scores and judged attempts to the target model's pass rate: a monotone fit with bands.

The fit is the weighted isotonic regression (pool adjacent violators) of pass rate on score, decreasing: a harder
problem is never expected to be solved more often. Bands are pointwise and cover 90 %. They come from a bootstrap over
problems, since attempts on one problem resemble each other, and are never narrower than the exact binomial interval
of the pooled attempts (Clopper and Pearson 1934): where all attempts fail, a bootstrap alone would claim certainty.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.stats import beta, spearmanr

from microcoder.core.difficulty import CalibrationItem, CurvePoint
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES, EASY_PASS_RATE, HARD_PASS_RATE, Boundaries

Floats: TypeAlias = NDArray[np.float64]

_RESAMPLES = 500
_TAIL = 0.05
MIN_PROBLEMS = 4
"""With fewer there is no curve to speak of."""


def fit_curve(items: Sequence[CalibrationItem], *, seed: int) -> tuple[CurvePoint, ...]:
    """The fitted pass rate at each distinct score, ascending.

    Args:
        items: At least one, each with at least one attempt.
        seed: Of the bootstrap.
    """
    score, passed, attempts = _columns(items)
    grid, fitted = _isotonic(score, passed, attempts)
    low, high = _bootstrap(score, passed, attempts, grid, seed)
    exact_low, exact_high = _exact(score, passed, attempts, grid, fitted)
    low = np.minimum.accumulate(np.minimum(low, exact_low))
    high = np.maximum.accumulate(np.maximum(high, exact_high)[::-1])[::-1]
    return tuple(
        CurvePoint(score=float(s), pass_rate=float(p), low=float(lo), high=float(hi))
        for s, p, lo, hi in zip(grid, fitted, low, high, strict=True)
    )


def rate_at(curve: Sequence[CurvePoint], score: float) -> CurvePoint:
    """The curve at `score`: linear between its points, constant beyond them."""
    at = [point.score for point in curve]
    values = (np.interp(score, at, [getattr(p, name) for p in curve]) for name in ("pass_rate", "low", "high"))
    pass_rate, low, high = (float(value) for value in values)
    return CurvePoint(score=score, pass_rate=pass_rate, low=low, high=high)


def boundaries_of(curve: Sequence[CurvePoint]) -> tuple[Boundaries, str]:
    """Where the curve falls below 75 % and below 25 %, and what to know about it.

    Where it does not cross both, the sample does not say where the classes meet: the defaults stay, and the text says
    why. The text is empty otherwise.
    """
    easy, hard = (_crossing(curve, rate) for rate in (EASY_PASS_RATE, HARD_PASS_RATE))
    if easy is not None and hard is not None:
        return Boundaries(easy_below=easy, hard_above=hard), ""
    highest, lowest = curve[0].pass_rate, curve[-1].pass_rate
    return DEFAULT_BOUNDARIES, (
        f"The default boundaries stay: the fitted pass rate runs from {highest:.0%} to {lowest:.0%} and would have to "
        f"cross {EASY_PASS_RATE:.0%} and {HARD_PASS_RATE:.0%}."
    )


def rank_correlation(items: Sequence[CalibrationItem]) -> float | None:
    """Spearman's rank correlation of score and failure rate; None where one of them is constant."""
    score, passed, attempts = _columns(items)
    failure = 1.0 - passed / attempts
    if np.ptp(score) == 0 or np.ptp(failure) == 0:
        return None
    return float(spearmanr(score, failure).statistic)


def _columns(items: Sequence[CalibrationItem]) -> tuple[Floats, Floats, Floats]:
    columns = np.array([(item.predicted, item.passed, item.attempts) for item in items], dtype=np.float64)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def _isotonic(score: Floats, passed: Floats, attempts: Floats) -> tuple[Floats, Floats]:
    grid, at = np.unique(score, return_inverse=True)
    tried = np.bincount(at, weights=attempts)
    rate = np.bincount(at, weights=passed) / tried
    return grid, isotonic_regression(rate, weights=tried, increasing=False).x


def _bootstrap(score: Floats, passed: Floats, attempts: Floats, grid: Floats, seed: int) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    curves = np.empty((_RESAMPLES, len(grid)))
    for row in curves:
        chosen = generator.integers(len(score), size=len(score))
        row[:] = np.interp(grid, *_isotonic(score[chosen], passed[chosen], attempts[chosen]))
    low, high = np.quantile(curves, (_TAIL, 1 - _TAIL), axis=0)
    return low, high


def _exact(score: Floats, passed: Floats, attempts: Floats, grid: Floats, fitted: Floats) -> tuple[Floats, Floats]:
    at = np.searchsorted(grid, score)
    _, block = np.unique(-fitted, return_inverse=True)
    successes = np.bincount(block[at], weights=passed)[block]
    failures = np.bincount(block[at], weights=attempts)[block] - successes
    # The interval's ends are quantiles of beta distributions, 0 and 1 where their shape degenerates.
    low: Any = np.where(successes > 0, beta.ppf(_TAIL, np.maximum(successes, 1), failures + 1), 0.0)
    high: Any = np.where(failures > 0, beta.ppf(1 - _TAIL, successes + 1, np.maximum(failures, 1)), 1.0)
    return low, high


def _crossing(curve: Sequence[CurvePoint], rate: float) -> float | None:
    for left, right in pairwise(curve):
        if left.pass_rate >= rate > right.pass_rate:
            share = (left.pass_rate - rate) / (left.pass_rate - right.pass_rate)
            return left.score + share * (right.score - left.score)
    return None
