"""Which items of a data set a run takes."""

from collections.abc import Callable, Iterable

from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.domain.items import EvaluationItem

_Keep = Callable[[EvaluationItem], bool]


def select(items: Iterable[EvaluationItem], spec: EvaluationSpec) -> list[EvaluationItem]:
    """The items that fit the filters of `spec`, in the data set's order; items without any test never do.

    The date window is inclusive at both ends, as LiveCodeBench's is; items without a date are outside any window.
    All of `items` is read, so that a broken line is found wherever it is.
    """
    rules = _rules(spec)
    kept: list[EvaluationItem] = []
    for item in items:
        room = not spec.max_items or len(kept) < spec.max_items
        if room and all(keep(item) for keep in rules):
            kept.append(item)
    return kept


def describe(items: Iterable[EvaluationItem]) -> str:
    """What a data set holds, for the error that nothing of it fits."""
    known = [(item.platform, item.level, item.published, item.has_tests) for item in items]
    platforms, levels, dates, tested = zip(*known, strict=True) if known else ((), (), (), ())
    days = sorted(date for date in dates if date)
    window = f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" if days else "none"
    return (
        f"{len(known)} items, {sum(tested)} of them with tests; "
        f"platforms {_names(platforms)}; levels {_names(levels)}; dates {window}"
    )


def _rules(spec: EvaluationSpec) -> list[_Keep]:
    platforms = {name.lower() for name in spec.platforms}
    levels = {name.lower() for name in spec.levels}
    start, end = spec.published_from, spec.published_to
    rules: list[_Keep] = [lambda item: item.has_tests]
    if platforms:
        rules.append(lambda item: item.platform in platforms)
    if levels:
        rules.append(lambda item: item.level in levels)
    if start is not None:
        rules.append(lambda item: item.published is not None and item.published >= start)
    if end is not None:
        rules.append(lambda item: item.published is not None and item.published <= end)
    return rules


def _names(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values))) or "none"
