"""The course of a submission over its tests: which are run after which, and which share a run."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from microcoder.core.verdict import StopMode, TestResult, Verdict
from microcoder.judge.domain.stopping import CpuBudget, chains
from microcoder.judge.sharing import Shared
from microcoder.judge.suites import Suite

SharedRun = Callable[[Sequence[int]], Awaitable[Shared[TestResult]]]
"""Judges the first of some tests in one run."""


@dataclass(kw_only=True)
class Course:
    """One submission's tests; each is judged once.

    Attributes:
        suite: Tests.
        alone: Judges one of them in a run of its own.
        shared: Judges some in one run; None where each has its own.
        most: Tests of a shared run.
        budget: Of CPU time; with a limit no run is shared.
        on_result: Told each result.
    """

    suite: Suite
    alone: Callable[[int], Awaitable[TestResult]]
    shared: SharedRun | None
    most: int
    budget: CpuBudget
    on_result: Callable[[TestResult], None]
    _results: dict[int, TestResult] = field(default_factory=dict)

    async def run(self, stop: StopMode) -> list[TestResult]:
        """The result of each test, in order; SKIPPED for those behind a failure, by `stop`."""
        stops = stop is not StopMode.ALL
        if stops or self.shared is None:
            await self._judge(0)  # alone: a program that is not of its language, and most wrong ones, end here
        lanes = [rest for lane in chains(stop, self.suite.groups) if (rest := self._rest(lane))]
        if self.budget.limited:
            for lane in lanes:
                await self._pass(lane, (), stops=True)
        elif self.shared is None:
            await _together(self._pass(lane, (), stops=True) for lane in lanes)
        else:
            parts = lanes if stops else _split(range(len(self.suite.names)), self.most)
            await _together(self._share(lane, self.shared, stops=stops) for lane in parts)
        return [
            self._results.get(ordinal) or TestResult(ordinal=ordinal, name=name, verdict=Verdict.SKIPPED)
            for ordinal, name in enumerate(self.suite.names)
        ]

    def _rest(self, lane: Sequence[int]) -> list[int]:
        """What is left of a lane to judge: nothing behind a failure."""
        if any(n in self._results and self._results[n].verdict is not Verdict.AC for n in lane):
            return []
        return [n for n in lane if n not in self._results]

    async def _share(self, lane: Sequence[int], shared: SharedRun, *, stops: bool) -> None:
        """A lane by shared runs, each as long as the limits of one test let the one before be."""
        waiting, most = deque(lane), self.most
        while waiting:
            part = [waiting.popleft() for _ in range(min(most, len(waiting)))]
            settled: Shared[TestResult] = await shared(part) if len(part) > 1 else Shared()
            if settled.cut and settled.accepted:
                most = len(settled.accepted)
                waiting.extendleft(reversed(part[most:]))
                del part[most:]
            if not await self._pass(part, settled.accepted, stops=stops):
                return

    async def _pass(self, part: Sequence[int], accepted: Sequence[TestResult | None], *, stops: bool) -> bool:
        """Judges what is not accepted yet; False after a failure that stops the lane."""
        pairs = list(zip_longest(part, accepted))
        if not stops:
            for result in accepted:
                if result is not None:
                    self._tell(result)
            await _together(self._settle(ordinal, None) for ordinal, result in pairs if result is None)
            return True
        for ordinal, result in pairs:
            if await self._settle(ordinal, result) is not Verdict.AC:
                return False
        return True

    async def _settle(self, ordinal: int, accepted: TestResult | None) -> Verdict:
        if accepted is not None:
            self._tell(accepted)
        else:
            await self._judge(ordinal)
        return self._results[ordinal].verdict

    async def _judge(self, ordinal: int) -> None:
        result = self.budget.refusal(ordinal, self.suite.names[ordinal]) or await self.alone(ordinal)
        self.budget.spend(result)
        self._tell(result)

    def _tell(self, result: TestResult) -> None:
        self._results[result.ordinal] = result
        self.on_result(result)


def _split(ordinals: Sequence[int], size: int) -> list[Sequence[int]]:
    return [ordinals[at : at + size] for at in range(0, len(ordinals), size)]


async def _together(work: Iterable[Coroutine[None, None, object]]) -> None:
    """All at a time; the first error cancels the rest and is raised as itself."""
    found = list(work)
    if len(found) == 1:
        await found[0]  # a task for it would only take time
        return
    try:
        async with asyncio.TaskGroup() as group:
            for one in found:
                group.create_task(one)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
