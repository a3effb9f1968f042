"""The judge without its service, for benchmarks, tests and scripts: programs and tests as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microcoder.core.problem import Checker, FunctionSpec
from microcoder.core.verdict import JudgeReport, StopMode
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.engine import PROGRAM_DIR, Engine, Outcome, RunLimits, RunSpec
from microcoder.judge.domain.languages import main_file, python_command
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import SubmissionJudge, Task
from microcoder.judge.sharing import MOST_TESTS
from microcoder.judge.suites import InlineSuite, Test

DEFAULT_LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=128 * 2**20, output_bytes=2**20)
"""One second, 128 MiB, 1 MiB of output."""


@dataclass(frozen=True, slots=True)
class LocalJudge:
    """Judges on an open sandbox."""

    sandbox: Sandbox
    preludes: Mapping[str, str] = field(default_factory=dict)
    """Further preludes of function calls, by name."""
    tests_per_run: int = MOST_TESTS
    """Of function calls."""

    def source(self, code: str | bytes, language: str = "python3") -> SourceProgram:
        """A program of one file."""
        main = main_file(self.sandbox.compiler.language(language), _bytes(code))
        return SourceProgram(language=language, files={main: _bytes(code)}, main=main)

    async def report(
        self,
        code: str | bytes,
        tests: Sequence[tuple[str | bytes, str | bytes]],
        *,
        language: str = "python3",
        limits: RunLimits = DEFAULT_LIMITS,
        checker: Checker = Checker(),
        validator: SourceProgram | None = None,
        entry: str = "",
        function: FunctionSpec | None = None,
        stop: StopMode = StopMode.ALL,
    ) -> JudgeReport:
        """The report on a program.

        Args:
            code: Source text.
            tests: Input and answer of each.
            language: Id in the table.
            limits: Of one run.
            checker: Comparison.
            validator: Program of a custom checker.
            entry: Function to call, empty for programs that read standard input.
            function: The same in full.
            stop: Which tests are run.
        """
        suite = InlineSuite([Test(name=str(i), input=_bytes(a), answer=_bytes(b)) for i, (a, b) in enumerate(tests)])
        function = function or (FunctionSpec(entry=entry) if entry else None)
        task = Task(suite=suite, limits=limits, checker=checker, validator=validator, function=function)
        return await self.report_on(self.source(code, language), task, stop=stop)

    async def report_on(self, program: SourceProgram, task: Task, *, stop: StopMode = StopMode.ALL) -> JudgeReport:
        """The report on a program of any number of files, judged on a task of any kind."""
        sandbox = self.sandbox
        judge = SubmissionJudge(
            sandbox.engine,
            sandbox.compiler,
            sandbox.pool,
            version="local",
            preludes=self.preludes,
            tests_per_run=self.tests_per_run,
        )
        return await judge.judge(program, task, stop=stop)


async def run_python(
    engine: Engine,
    python: str,
    code: str | bytes,
    *arguments: str,
    limits: RunLimits = DEFAULT_LIMITS,
    stdin: bytes = b"",
) -> Outcome:
    """What becomes of a Python program, without any comparison."""
    argv = (*python_command(python), f"{PROGRAM_DIR}/main.py", *arguments)
    return await engine.run(RunSpec(argv=argv, files={"main.py": _bytes(code)}, stdin=stdin, limits=limits))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
