"""Many tests of a function-call problem in one run.

Most calls take microseconds, and a run of their own milliseconds. Each test gets the program's module anew, yet it
shares a process with the tests before it. So only right results of a shared run count: any other test is judged in a
run of its own, and no verdict but AC ever rests on a shared run. A shared run has the limits of one test, so what
passes in it is within them.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from microcoder.core.verdict import Verdict
from microcoder.judge.comparing import compared
from microcoder.judge.compiling import Executable
from microcoder.judge.domain.engine import Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.verdicts import classify
from microcoder.judge.suites import Test

MOST_TESTS = 128
"""Of one shared run."""
MOST_BYTES = 2**20
"""Of their inputs; a larger one comes last in its run."""
T = TypeVar("T")
_HEAD = re.compile(rb"(\d{1,18}) (\d{1,18})\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared(Generic[T]):
    """What a shared run settled; without arguments nothing, and each test has to be judged alone."""

    accepted: Sequence[T | None] = ()
    """For its first tests, in order; None where the result is not right."""
    cut: bool = False
    """The tests behind `accepted` were not run to their end and may share another run; else each is judged alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTrial:
    """Runs a program on many tests at a time, then compares."""

    program: Executable
    """What is run; see `calling` with `many`."""
    accepts: Callable[[bytes, bytes], bool]
    """Whether a result is right, by the answer; ValueError where the answer makes no sense."""
    limits: RunLimits
    """Of one run."""
    run: Run
    """Runs it."""
    took: Callable[[float], None]
    """Told how many seconds comparing took."""

    async def attempt(self, tests: Sequence[Test]) -> Shared[Outcome]:
        """What a run on `tests` says.

        Raises:
            EngineFailed: The judge is in trouble: says nothing about the program.
        """
        outcome = await self.run(
            RunSpec(
                argv=self.program.argv,
                files=self.program.files,
                stdin=_joined([test.input for test in tests]),
                limits=self.limits,
                result_channel=True,
            )
        )
        failed = classify(outcome, self.limits)
        if failed is not None and failed[0] is Verdict.MLE:
            return Shared()  # by whichever test
        parts = within(outcomes(outcome, most=len(tests)), self.limits)
        accepted = await compared(len(outcome.result), self._compare, tests, parts)
        crashed = failed is not None and failed[0] in (Verdict.RE, Verdict.SV)
        return Shared(accepted=accepted, cut=failed is not None and not crashed)

    def _compare(self, tests: Sequence[Test], parts: Sequence[Outcome]) -> list[Outcome | None]:
        begun = time.perf_counter()
        try:
            return [
                part if self._is_right(part.result, test.answer) else None
                for test, part in zip(tests, parts, strict=False)
            ]
        finally:
            self.took(time.perf_counter() - begun)

    def _is_right(self, result: bytes, answer: bytes) -> bool:
        try:
            return self.accepts(result, answer)
        except ValueError:
            return False  # alone, the test says what is wrong with it


def outcomes(run: Outcome, *, most: int) -> list[Outcome]:
    """What became of each test that gave a result, as if it had run alone.

    CPU time is what the driver says; where that is more than the run's, each part shrinks, and what is left of a run
    that ended well is spread evenly. Wall time and run delay are split like CPU time.

    Args:
        run: Of all of them.
        most: Tests in it.
    """
    results = _results(run.result, most=most)
    said = sum(cpu for _, cpu in results) / 1000
    scale = min(1.0, run.cpu_time_us / said) if said else 0.0
    rest = max(0.0, run.cpu_time_us - said) / len(results) if results and run.ended is None else 0.0
    return [_part(run, result, int(cpu / 1000 * scale + rest)) for result, cpu in results]


def within(parts: Sequence[Outcome], limits: RunLimits) -> list[Outcome]:
    """Those that together stay within the CPU time of one test, so that surely each does."""
    found: list[Outcome] = []
    spent = 0
    for part in parts:
        spent += part.cpu_time_us
        if spent > limits.cpu_time_ms * 1000:
            break
        found.append(part)
    return found


def _part(run: Outcome, result: bytes, cpu_time_us: int) -> Outcome:
    share = cpu_time_us / run.cpu_time_us if run.cpu_time_us else 0.0
    return Outcome(
        exit_code=0,
        cpu_time_us=cpu_time_us,
        wall_time_us=int(run.wall_time_us * share),
        run_delay_us=int(run.run_delay_us * share),
        memory_bytes=run.memory_bytes,
        result=result,
        ended_at_us=run.ended_at_us,
    )


def _joined(inputs: Sequence[bytes]) -> bytes:
    sizes = ", ".join(str(len(data)) for data in inputs)
    return b"".join((f"[{sizes}]\n".encode(), *inputs))


def _results(data: bytes, *, most: int) -> list[tuple[bytes, int]]:
    """Results and their CPU times, nanoseconds; untrusted data is read up to where it makes no sense."""
    found: list[tuple[bytes, int]] = []
    begin = 0
    while len(found) < most and (head := _HEAD.match(data, begin)):
        begin, size = head.end(), int(head[1])
        if begin + size > len(data):
            break
        found.append((data[begin : begin + size], int(head[2])))
        begin += size
    return found
