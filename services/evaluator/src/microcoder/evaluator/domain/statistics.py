"""pass@k and its uncertainty."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
"""Bootstrap resamples; the 2.5 % tails then hold 50 each."""
CONFIDENCE = 0.95
"""Coverage of the intervals."""


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the probability that at least one of k samples passes: 1 - C(n-c, k) / C(n, k).

    Computed as a product, as Chen et al. do (2021, arXiv 2107.03374, section 2.1), which does not overflow.

    Args:
        n: Samples.
        c: Those that passed, at most n.
        k: Draws, from 1 to n.
    """
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"need 1 <= k <= n and 0 <= c <= n, got n={n}, c={c}, k={k}")
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def bootstrap_interval(values: Sequence[float], *, seed: int) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `values`, resampling items with replacement.

    Items are what a benchmark samples from the tasks of the world; the spread over completions of one item is inside
    each value. One item, or equal values, give an interval of width zero, which says that nothing is known of the
    spread, not that there is none.

    Args:
        values: One estimate per item, at least one.
        seed: The same seed and values give the same interval.

    Returns:
        Lower and upper end at 95 % coverage.
    """
    data: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    means = np.array([data[random.integers(0, data.size, data.size)].mean() for _ in range(RESAMPLES)])
    tail = (1.0 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
