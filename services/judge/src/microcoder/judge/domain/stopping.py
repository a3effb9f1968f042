"""Which tests are run after which."""

from collections.abc import Sequence

from microcoder.core.verdict import StopMode, TestResult, Verdict


class CpuBudget:
    """What all tests of a submission may use together.

    Args:
        milliseconds: CPU time; 0 for no limit.
    """

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds
        self._spent = 0
        self._told = False

    @property
    def limited(self) -> bool:
        """Whether there is a limit. Then tests are run one after another, so that the same ones are run each time."""
        return self._milliseconds > 0

    def spend(self, result: TestResult) -> None:
        """Takes what a test used."""
        self._spent += result.cpu_time_ms

    def refusal(self, ordinal: int, name: str) -> TestResult | None:
        """The result of a test that may not be run any more: TLE for the first one, SKIPPED for those after it."""
        if not self.limited or self._spent < self._milliseconds:
            return None
        verdict, self._told = Verdict.SKIPPED if self._told else Verdict.TLE, True
        message = f"the tests before took all of {self._milliseconds} ms of CPU time" if verdict is Verdict.TLE else ""
        return TestResult(ordinal=ordinal, name=name, verdict=verdict, message=message)


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
