"""From what a program printed to right or wrong."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from microcoder.core.problem import Checker
from microcoder.core.verdict import Verdict
from microcoder.judge.domain.comparison import difference, with_flags
from microcoder.judge.domain.engine import Outcome, Run
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.suites import Test

_IN_THREAD_BYTES = 64 * 1024
P = ParamSpec("P")
R = TypeVar("R")


async def compared(size: int, compare: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `compare` says; in a thread where `size` bytes are so many that they would hold up everything else."""
    if size < _IN_THREAD_BYTES:
        return compare(*args, **kwargs)
    return await asyncio.to_thread(compare, *args, **kwargs)


class Comparison(Protocol):
    """Says whether an output is right."""

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        """AC or WA, and where it differs.

        Args:
            test: What the program was run on.
            outcome: Of the program, which ended well.
            run: Runs a checker in a jail of its own.

        Raises:
            EngineFailed: The judge or the checker is in trouble: says nothing about the program.
        """


@dataclass(frozen=True, slots=True)
class BuiltInComparison:
    """By the rules of `microcoder.judge.domain.comparison`."""

    checker: Checker

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        del run
        checker = with_flags(self.checker, test.flags)
        size = max(len(outcome.stdout), len(test.answer))
        wrong = await compared(size, difference, outcome.stdout, test.answer, checker)
        if wrong is None:
            return Judgement(verdict=Verdict.AC)
        return Judgement(verdict=Verdict.WA, message=wrong.message, difference=wrong.difference)


@dataclass(frozen=True, slots=True)
class TimedComparison:
    """A comparison that tells how many seconds it took."""

    inner: Comparison
    tell: Callable[[float], None]

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        begun = time.perf_counter()
        judgement = await self.inner.compare(test, outcome, run)
        self.tell(time.perf_counter() - begun)
        return judgement
