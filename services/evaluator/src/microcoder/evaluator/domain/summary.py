"""From the results per item to the result of a run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microcoder.core.evaluation import ItemResult, PassAtK
from microcoder.core.verdict import Verdict
from microcoder.evaluator.domain.answers import answers_of
from microcoder.evaluator.domain.statistics import bootstrap_interval, pass_at_k

ALL = "all"
"""Name of the cells over all platforms or levels."""
_LEVEL_ORDER = ("easy", "medium", "hard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run."""

    table: tuple[PassAtK, ...]
    """By platform and level, then over all."""
    truncated_rate: float
    """Share of the completions that were cut off."""
    no_code_rate: float
    """Share of the completions without a program."""
    lost_samples: int
    """Samples without a verdict."""


def summarize(results: Sequence[ItemResult], *, ks: Sequence[int], seed: int) -> Summary:
    """The figures over `results`.

    A pass@k is taken over the items that have at least k verdicts; a cell where none has is left out.
    """
    answered = [answer for result in results for answer in answers_of(result) if answer.sampled]
    without_code = sum(not answer.program for answer in answered)
    return Summary(
        table=tuple(_table(results, ks, seed)),
        truncated_rate=_share(sum(result.truncated for result in results), len(answered)),
        no_code_rate=_share(without_code, len(answered)),
        lost_samples=sum(verdict is Verdict.IE for result in results for verdict in result.verdicts),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _table(results: Sequence[ItemResult], ks: Sequence[int], seed: int) -> Iterable[PassAtK]:
    platforms = sorted({result.platform for result in results})
    levels = sorted({result.level for result in results}, key=_level_rank)
    for platform in [*platforms, ALL]:
        for level in [*levels, ALL]:
            inside = [r for r in results if platform in (ALL, r.platform) and level in (ALL, r.level)]
            for k in ks:
                values = [pass_at_k(r.samples, r.passed, k) for r in inside if r.samples >= k]
                if values:
                    low, high = bootstrap_interval(values, seed=seed)
                    yield PassAtK(
                        platform=platform,
                        level=level,
                        items=len(values),
                        k=k,
                        value=sum(values) / len(values),
                        low=low,
                        high=high,
                    )


def _level_rank(level: str) -> tuple[int, str]:
    return (_LEVEL_ORDER.index(level) if level in _LEVEL_ORDER else len(_LEVEL_ORDER), level)
