"""Interactive problems: the program talks to a program of the problem, which also says whether it did well."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from microcoder.core.errors import FailedPrecondition
from microcoder.core.verdict import Verdict
from microcoder.judge.checkers import CHECKER_LIMITS, TALKING, data_files, data_path, kattis_command, prepared_checker
from microcoder.judge.comparing import Comparison
from microcoder.judge.compiling import Compiler, Executable
from microcoder.judge.domain.dialogues import settled, verdict_of
from microcoder.judge.domain.engine import BOX_DIR, Interaction, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.protocols import judgement_of_kattis, judgement_of_testlib, read_feedback
from microcoder.judge.suites import Test

Interact = Callable[[RunSpec, RunSpec, Callable[[Outcome], bool]], Awaitable[Interaction]]
"""`Engine.interact`, or the same behind a queue."""
_PATIENCE_MS = 5_000
"""The other side may idle so much longer than the program: a halt is the program's."""


class Interactor(Protocol):
    """The other side."""

    def spec(self, test: Test, limits: RunLimits) -> RunSpec:
        """Its run on a test."""

    def judgement(self, said: Outcome) -> Judgement:
        """What it says about the dialogue.

        Raises:
            ProtocolError: Nothing that can be understood.
        """

    async def last_word(self, judgement: Judgement, said: Outcome, test: Test, run: Run) -> Judgement:
        """What is said in the end about a dialogue that went well.

        Raises:
            EngineFailed: The judge or the checker is in trouble.
        """


@dataclass(frozen=True, slots=True)
class KattisInteractor:
    """An output validator whose output is the program's input."""

    validator: Executable
    flags: tuple[str, ...]

    def spec(self, test: Test, limits: RunLimits) -> RunSpec:
        return RunSpec(
            argv=kattis_command(self.validator, (*self.flags, *test.flags), talks=True),
            files={**self.validator.files, **data_files(test)},
            limits=limits,
            result_channel=True,
        )

    def judgement(self, said: Outcome) -> Judgement:
        return judgement_of_kattis(said, read_feedback(said.result))

    async def last_word(self, judgement: Judgement, said: Outcome, test: Test, run: Run) -> Judgement:
        del said, test, run
        return judgement


_OUTPUT = f"{BOX_DIR}/interactor-output"
_WITH_OUTPUT = TALKING + '; code=$?; if [ -f "$0" ]; then cat "$0" >&3; fi; exit $code'


@dataclass(frozen=True, slots=True)
class TestlibInteractor:
    """An interactor of testlib: `interactor input output answer`; a checker may look at its output afterwards."""

    __test__ = False

    interactor: Executable
    checker: Comparison | None
    scoring: bool
    """Whether points can make a test right."""

    def spec(self, test: Test, limits: RunLimits) -> RunSpec:
        arguments = (data_path("input"), _OUTPUT, data_path("answer"))
        return RunSpec(
            argv=("/bin/sh", "-c", _WITH_OUTPUT, _OUTPUT, *self.interactor.argv, *arguments),
            files={**self.interactor.files, **data_files(test)},
            limits=replace(limits, output_bytes=16 * 2**20),
            result_channel=True,
        )

    def judgement(self, said: Outcome) -> Judgement:
        return judgement_of_testlib(said, scoring=self.scoring)

    async def last_word(self, judgement: Judgement, said: Outcome, test: Test, run: Run) -> Judgement:
        if self.checker is None:
            return judgement
        return await self.checker.compare(test, replace(said, stdout=said.result), run)


@dataclass(frozen=True, slots=True)
class InteractiveTrial:
    """Runs a program on tests of an interactive problem."""

    program: Executable
    interactor: Interactor
    limits: RunLimits
    run: Run
    interact: Interact
    shared: None = None

    async def attempt(self, test: Test) -> tuple[Outcome, Judgement]:
        """What became of the program, and the judgement.

        Raises:
            EngineFailed: The judge or the problem's own program is in trouble.
        """
        patience = replace(CHECKER_LIMITS, idle_time_ms=self.limits.idle_ms + _PATIENCE_MS)
        both = await self.interact(
            RunSpec(argv=self.program.argv, files=self.program.files, limits=self.limits),
            self.interactor.spec(test, patience),
            lambda said: settled(said, self.interactor.judgement),
        )
        judgement = verdict_of(both, self.limits, self.interactor.judgement)
        if judgement.verdict is Verdict.AC:
            judgement = await self.interactor.last_word(judgement, both.other, test, self.run)
        return both.program, judgement


async def interactor_of(
    compiler: Compiler,
    interactor: SourceProgram | None,
    validator: SourceProgram | None,
    checker: Comparison | None,
    run: Run,
    *,
    flags: tuple[str, ...],
    scoring: bool,
) -> Interactor:
    """The other side of an interactive problem.

    Args:
        compiler: Makes it runnable.
        interactor: With testlib's protocol; None for Kattis'.
        validator: The output validator that talks, with Kattis' protocol.
        checker: What looks at the output of `interactor` in the end.
        run: Runs the compiler.
        flags: Arguments for `validator` on every test.
        scoring: Whether the problem is about points.

    Raises:
        FailedPrecondition: It does not compile, its language is missing here, or there is none.
        EngineFailed: The judge's own trouble.
    """
    if interactor is not None:
        return TestlibInteractor(await prepared_checker(compiler, interactor, run, what="interactor"), checker, scoring)
    if validator is None:
        raise FailedPrecondition("the problem is interactive and has lost its interactor", reason="VALIDATOR_UNUSABLE")
    return KattisInteractor(await prepared_checker(compiler, validator, run, what="output validator"), flags)
