"""Which tests are run after which."""

from collections.abc import Sequence

from microcoder.core.verdict import StopMode


def chains(stop: StopMode, groups: Sequence[str]) -> list[list[int]]:
    """Ordinals of tests in chains: each test is run where all before it in its chain are accepted.

    Args:
        stop: Where to stop.
        groups: The group of each test.
    """
    ordinals = range(len(groups))
    if stop is StopMode.ALL:
        return [[ordinal] for ordinal in ordinals]
    if stop is StopMode.FIRST_FAIL:
        return [list(ordinals)]
    by_group: dict[str, list[int]] = {}
    for ordinal in ordinals:
        by_group.setdefault(groups[ordinal], []).append(ordinal)
    return list(by_group.values())
