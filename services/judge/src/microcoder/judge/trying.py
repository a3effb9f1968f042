"""One attempt at one test: the program's run and the judgement on it."""

from dataclasses import dataclass, replace
from typing import Protocol

from microcoder.judge.comparing import Comparison
from microcoder.judge.compiling import Executable
from microcoder.judge.domain.engine import BOX_DIR, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.verdicts import classify
from microcoder.judge.sharing import SharedTrial
from microcoder.judge.suites import Test

# Input comes from and output goes to files in the working folder. The shell costs the program about a millisecond.
_WITH_FILES = """
out=$2
if [ -n "$1" ]; then cat >"$0/$1"; fi
shift 2
"$@" 3>&- </dev/null
code=$?
if [ -f "$0/$out" ]; then cat "$0/$out" >&3; fi
exit $code
"""


class Trial(Protocol):
    """A program that is ready to be run on tests."""

    @property
    def shared(self) -> SharedTrial | None:
        """Runs it on many tests at a time; None where each test needs a run of its own."""

    async def attempt(self, test: Test) -> tuple[Outcome, Judgement]:
        """What became of the program on a test, and the judgement.

        Raises:
            EngineFailed: The judge or the problem's own program is in trouble: says nothing about the program.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTrial:
    """Runs the program to its end, then compares."""

    program: Executable
    """What is run."""
    comparison: Comparison
    """Says whether its output is right."""
    limits: RunLimits
    """Of one run."""
    run: Run
    """Runs it."""
    shared: SharedTrial | None = None
    """Runs it on many tests at a time."""
    returns: bool = False
    """Its result comes over the result channel."""
    input_file: str = ""
    """What it reads, in its working folder; empty for standard input."""
    output_file: str = ""
    """What it writes, in its working folder; empty for standard output."""

    async def attempt(self, test: Test) -> tuple[Outcome, Judgement]:
        outcome = await self.run(self._spec(test))
        if self.output_file:
            outcome = replace(outcome, stdout=outcome.result, result=b"")
        failed = classify(outcome, self.limits)
        if failed is not None:
            return outcome, Judgement(verdict=failed[0], message=failed[1])
        return outcome, await self.comparison.compare(test, outcome, self.run)

    def _spec(self, test: Test) -> RunSpec:
        argv = self.program.argv
        if self.input_file or self.output_file:
            argv = ("/bin/sh", "-c", _WITH_FILES, BOX_DIR, self.input_file, self.output_file, *argv)
        return RunSpec(
            argv=argv,
            files=self.program.files,
            stdin=test.input,
            limits=self.limits,
            result_channel=self.returns or bool(self.output_file),
        )
