"""From what a program printed to right or wrong: built in, or by the problem's own validator."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from microcoder.core.errors import FailedPrecondition
from microcoder.core.problem import Checker
from microcoder.core.verdict import Verdict
from microcoder.judge.compiling import CompileError, Compiler, Executable
from microcoder.judge.domain.comparison import difference, with_flags
from microcoder.judge.domain.engine import BOX_DIR, PROGRAM_DIR, EngineFailed, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.verdicts import classify, readable
from microcoder.judge.suites import Test

_ACCEPT, _REJECT = 42, 43
_VALIDATOR_LIMITS = RunLimits(cpu_time_ms=30_000, memory_bytes=1024 * 2**20, output_bytes=4_000)
_FEEDBACK = f"{BOX_DIR}/feedback"
_DATA = ".judge"
# The validator's own words leave the jail as standard output; what it prints is kept for the log of a failure.
_VALIDATE = (
    "/bin/sh",
    "-c",
    'mkdir "$0" || exit 1; "$@" >&2; code=$?; head -c 4000 "$0/judgemessage.txt" 2>/dev/null; exit $code',
    _FEEDBACK,
)
_IN_THREAD_BYTES = 64 * 1024


class Comparison(Protocol):
    """Says whether an output is right."""

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> tuple[Verdict, str]:
        """AC or WA, and where it differs.

        Raises:
            EngineFailed: The judge or the validator is in trouble: says nothing about the program.
        """


@dataclass(frozen=True, slots=True)
class BuiltInComparison:
    """By the rules of `microcoder.judge.domain.comparison`."""

    checker: Checker

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> tuple[Verdict, str]:
        del run
        checker = with_flags(self.checker, test.flags)
        if len(outcome.stdout) < _IN_THREAD_BYTES:
            wrong = difference(outcome.stdout, test.answer, checker)
        else:
            wrong = await asyncio.to_thread(difference, outcome.stdout, test.answer, checker)
        return (Verdict.WA, wrong.message) if wrong else (Verdict.AC, "")


@dataclass(frozen=True, slots=True)
class ValidatorComparison:
    """A validator with Kattis' protocol.

    `validator input answer feedback_dir flags < output` exits with 42 for right and 43 for wrong; anything else is its
    own failure.
    """

    validator: Executable
    flags: tuple[str, ...]

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> tuple[Verdict, str]:
        files = {**self.validator.files, f"{_DATA}/input": test.input, f"{_DATA}/answer": test.answer}
        data = (f"{PROGRAM_DIR}/{_DATA}/input", f"{PROGRAM_DIR}/{_DATA}/answer", f"{_FEEDBACK}/")
        argv = (*_VALIDATE, *self.validator.argv, *data, *self.flags, *test.flags)
        said = await run(RunSpec(argv=argv, files=files, stdin=outcome.stdout, limits=_VALIDATOR_LIMITS))
        if said.exit_code == _ACCEPT:
            return Verdict.AC, ""
        if said.exit_code == _REJECT:
            return Verdict.WA, readable(said.stdout)
        failed = classify(said, _VALIDATOR_LIMITS)
        raise EngineFailed(f"the output validator failed: {failed[1] if failed else 'exit code 0'}")


async def validator_comparison(
    compiler: Compiler, program: SourceProgram, flags: tuple[str, ...], run: Run
) -> ValidatorComparison:
    """The comparison by a problem's own validator.

    Raises:
        FailedPrecondition: It does not compile, or its language is missing here.
        EngineFailed: The judge's own trouble.
    """
    if program.language not in compiler.languages:
        raise FailedPrecondition(
            f"the problem's output validator is written in {program.language!r}, which this judge cannot run",
            reason="VALIDATOR_UNUSABLE",
        )
    executable = await compiler.prepare(program, run)
    if isinstance(executable, CompileError):
        raise FailedPrecondition(
            f"the problem's output validator does not compile: {executable.message[:500]}", reason="VALIDATOR_UNUSABLE"
        )
    return ValidatorComparison(executable, flags)
