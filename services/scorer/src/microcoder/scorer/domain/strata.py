"""Choosing problems that cover the whole range of scores."""

import random
from collections.abc import Mapping
from itertools import pairwise


def stratified_sample(scores: Mapping[str, float], size: int, *, seed: int) -> list[str]:
    """Ids of at most `size` problems: one at random from each of `size` equally large strata of ascending score.

    The same scores and seed give the same sample.
    """
    ranked = sorted(scores, key=lambda problem_id: (scores[problem_id], problem_id))
    if len(ranked) <= size:
        return ranked
    generator = random.Random(seed)  # noqa: S311 - a sample, not a secret
    edges = [len(ranked) * stratum // size for stratum in range(size + 1)]
    return [ranked[generator.randrange(low, high)] for low, high in pairwise(edges)]
