from itertools import combinations
from math import comb

import numpy as np
import pytest

from microcoder.evaluator.domain.statistics import bootstrap_interval, pass_at_k


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (5, 2, 3), (10, 0, 4), (10, 10, 1), (7, 6, 2), (4, 1, 4)])
def test_pass_at_k_is_the_share_of_draws_with_a_success(n: int, c: int, k: int) -> None:
    samples = [True] * c + [False] * (n - c)
    hits = sum(any(draw) for draw in combinations(samples, k))
    assert pass_at_k(n, c, k) == pytest.approx(hits / comb(n, k))


def test_pass_at_1_is_the_mean_and_large_n_does_not_overflow() -> None:
    assert pass_at_k(8, 3, 1) == pytest.approx(3 / 8)
    assert 0.0 < pass_at_k(1000, 1, 500) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 1, 4), (3, 4, 1), (3, 1, 0), (0, 0, 1)])
def test_impossible_counts_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="need"):
        pass_at_k(n, c, k)


def test_interval_is_seeded_and_near_the_normal_one() -> None:
    values = [1.0] * 40 + [0.0] * 60
    low, high = bootstrap_interval(values, seed=1)
    assert (low, high) == bootstrap_interval(values, seed=1)
    error = 1.96 * np.sqrt(0.4 * 0.6 / 100)
    assert low == pytest.approx(0.4 - error, abs=0.02)
    assert high == pytest.approx(0.4 + error, abs=0.02)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    covered = 0
    for seed in range(100):
        low, high = bootstrap_interval(random.random(60).tolist(), seed=seed)
        covered += low <= 0.5 <= high
    assert 87 <= covered <= 100


def test_interval_of_one_item_has_no_width() -> None:
    assert bootstrap_interval([0.25], seed=0) == (0.25, 0.25)
