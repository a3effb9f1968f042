"""Programs of problems that say whether an output is right, each run in a jail of its own."""

from dataclasses import dataclass

from microcoder.core.errors import FailedPrecondition
from microcoder.core.problem import CheckerKind
from microcoder.judge.comparing import Comparison
from microcoder.judge.compiling import CompileError, Compiler, Executable
from microcoder.judge.domain.engine import BOX_DIR, PROGRAM_DIR, EngineFailed, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.protocols import (
    FEEDBACK_FILES,
    ProtocolError,
    judgement_of_kattis,
    judgement_of_testlib,
    read_feedback,
)
from microcoder.judge.suites import Test

CHECKER_LIMITS = RunLimits(
    cpu_time_ms=30_000, memory_bytes=1024 * 2**20, output_bytes=64 * 1024, processes=64, box_bytes=256 * 2**20
)
"""Of one run of a checker."""
FEEDBACK_DIR = f"{BOX_DIR}/feedback"
"""Where a Kattis validator leaves its messages."""
_DATA = ".judge"
TALKING = 'exec 4<&0; "$@" <&4 3>&- 4<&- & exec >&- 4<&-; wait $!'
"""In a shell script: runs a command whose output only the command itself holds, so that it can be closed."""
# The feedback leaves the jail over the result channel, each file behind a line with its name and length. What the
# validator prints is kept for the log of a failure, unless it is in a dialogue.
_WITH_FEEDBACK = """
mkdir "$0" || exit 1
{run}
for name in {names}; do
  if [ -f "$0/$name" ] && [ -s "$0/$name" ]; then
    printf '%s %s\\n' "$name" "$(head -c 4000 "$0/$name" | wc -c)"
    head -c 4000 "$0/$name"
  fi
done >&3
exit $code
"""


def data_files(test: Test, output: bytes | None = None) -> dict[str, bytes]:
    """What a checker is shown of a test, for the folder of its program."""
    files = {f"{_DATA}/input": test.input, f"{_DATA}/answer": test.answer}
    return files if output is None else {**files, f"{_DATA}/output": output}


def data_path(name: str) -> str:
    """Where the checker finds `input`, `answer` or `output`."""
    return f"{PROGRAM_DIR}/{_DATA}/{name}"


def kattis_command(validator: Executable, flags: tuple[str, ...], *, talks: bool) -> tuple[str, ...]:
    """The command that runs a validator and sends its feedback; `talks` where its output goes to a program."""
    run = TALKING if talks else '"$@" >&2 3>&-'
    script = _WITH_FEEDBACK.format(run=f"{run}\ncode=$?", names=" ".join(FEEDBACK_FILES))
    arguments = (data_path("input"), data_path("answer"), f"{FEEDBACK_DIR}/", *flags)
    return ("/bin/sh", "-c", script, FEEDBACK_DIR, *validator.argv, *arguments)


@dataclass(frozen=True, slots=True)
class KattisComparison:
    """A validator with Kattis' protocol: `validator input answer feedback_dir flags < output`."""

    validator: Executable
    flags: tuple[str, ...]

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        said = await run(
            RunSpec(
                argv=kattis_command(self.validator, (*self.flags, *test.flags), talks=False),
                files={**self.validator.files, **data_files(test)},
                stdin=outcome.stdout,
                limits=CHECKER_LIMITS,
                result_channel=True,
            )
        )
        try:
            return judgement_of_kattis(said, read_feedback(said.result))
        except ProtocolError as error:
            raise EngineFailed(f"the output validator failed: {error}") from error


@dataclass(frozen=True, slots=True)
class TestlibComparison:
    """A checker with testlib's protocol: `checker input output answer`."""

    __test__ = False

    checker: Executable
    scoring: bool
    """Whether points can make a test right."""

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        said = await run(
            RunSpec(
                argv=(*self.checker.argv, data_path("input"), data_path("output"), data_path("answer")),
                files={**self.checker.files, **data_files(test, outcome.stdout)},
                limits=CHECKER_LIMITS,
            )
        )
        try:
            return judgement_of_testlib(said, scoring=self.scoring)
        except ProtocolError as error:
            raise EngineFailed(f"the checker failed: {error}") from error


async def prepared_checker(compiler: Compiler, program: SourceProgram, run: Run, *, what: str) -> Executable:
    """The executable of a checker or interactor, which `what` names to people.

    Raises:
        FailedPrecondition: It does not compile, or its language is missing here.
        EngineFailed: The judge's own trouble.
    """
    if program.language not in compiler.languages:
        raise FailedPrecondition(
            f"the problem's {what} is written in {program.language!r}, which this judge cannot run",
            reason="VALIDATOR_UNUSABLE",
        )
    executable = await compiler.prepare(program, run)
    if isinstance(executable, CompileError):
        raise FailedPrecondition(
            f"the problem's {what} does not compile: {executable.message[:500]}", reason="VALIDATOR_UNUSABLE"
        )
    return executable


async def checker_comparison(
    compiler: Compiler, program: SourceProgram, kind: CheckerKind, flags: tuple[str, ...], run: Run, *, scoring: bool
) -> Comparison:
    """The comparison by a problem's own program.

    Args:
        compiler: Makes it runnable.
        program: Its source.
        kind: Its protocol.
        flags: Arguments for it on every test.
        run: Runs the compiler.
        scoring: Whether the problem is about points.

    Raises:
        FailedPrecondition: It does not compile, or its language is missing here.
        EngineFailed: The judge's own trouble.
    """
    if kind is CheckerKind.TESTLIB:
        return TestlibComparison(await prepared_checker(compiler, program, run, what="checker"), scoring)
    return KattisComparison(await prepared_checker(compiler, program, run, what="output validator"), flags)
