"""Which items of a data set a run takes."""

from collections.abc import Callable, Iterable, Sequence

from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.domain.items import EvaluationItem

_Keep = Callable[[EvaluationItem], bool]


def select(items: Sequence[EvaluationItem], spec: EvaluationSpec) -> list[EvaluationItem]:
    """The items that fit the filters of `spec`, in the data set's order.

    The date window is inclusive at both ends, as LiveCodeBench's is; items without a date are outside any window.
    """
    kept = [item for item in items if all(keep(item) for keep in _rules(spec))]
    return kept[: spec.max_items] if spec.max_items else kept


def describe(items: Sequence[EvaluationItem]) -> str:
    """What a data set holds, for the error that nothing of it fits."""
    dates = sorted(item.published for item in items if item.published)
    window = f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}" if dates else "none"
    return (
        f"{len(items)} items, {sum(item.has_tests for item in items)} of them with tests; "
        f"platforms {_names(item.platform for item in items)}; levels {_names(item.level for item in items)}; "
        f"dates {window}"
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
