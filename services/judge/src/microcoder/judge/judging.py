"""One submission: prepare it, run it on each test, compare, report."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, FunctionSpec
from microcoder.core.verdict import JudgeReport, StopMode, TestResult, Verdict
from microcoder.judge.calling import call_comparison, calling
from microcoder.judge.checkers import checker_comparison
from microcoder.judge.comparing import BuiltInComparison, Comparison, TimedComparison
from microcoder.judge.compiling import CompileError, Compiler
from microcoder.judge.course import Course
from microcoder.judge.domain.detail import only_first, with_detail, without_detail
from microcoder.judge.domain.engine import Engine, EngineFailed, Interaction, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.scoring import Grading, with_groups
from microcoder.judge.domain.stopping import CpuBudget
from microcoder.judge.domain.verdicts import measured, summarize
from microcoder.judge.health import OverdueRuns
from microcoder.judge.interacting import InteractiveTrial, interactor_of
from microcoder.judge.observing import SILENT, JudgeObserver, Phase
from microcoder.judge.sharing import MOST_BYTES, MOST_TESTS, Shared, SharedTrial
from microcoder.judge.slots import Key, SlotPool
from microcoder.judge.suites import Suite, Test
from microcoder.judge.trying import BatchTrial, Trial

_ATTEMPTS = 2
_ACCEPTED = Judgement(verdict=Verdict.AC)
OnResult = Callable[[TestResult], None]
OnOutcome = Callable[[str, Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a program is judged on."""

    suite: Suite
    """Tests."""
    limits: RunLimits
    """Of one run."""
    checker: Checker = Checker()
    """Comparison."""
    validator: SourceProgram | None = None
    """The checker's own program."""
    function: FunctionSpec | None = None
    """What is called; None for programs that read standard input."""
    interactive: bool = False
    """The program talks to `interactor`, or else to `validator`."""
    interactor: SourceProgram | None = None
    """Of interactive problems with testlib's protocol."""
    input_file: str = ""
    """What the program reads; empty for standard input."""
    output_file: str = ""
    """What the program writes; empty for standard output."""
    cpu_budget_ms: int = 0
    """CPU time that all tests may use together, milliseconds; 0 for no such limit."""
    detail_bytes: int = 0
    """How much of the first failed test the report shows; see `microcoder.judge.domain.detail`."""

    @property
    def scoring(self) -> bool:
        """Whether the problem is about points."""
        return bool(self.suite.grouping)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    program: SourceProgram
    trial: Trial
    task: Task
    run: Run
    on_outcome: OnOutcome


class _NotOfItsLanguage(Exception):
    def __init__(self, error: CompileError) -> None:
        super().__init__(error.message)
        self.error = error


class SubmissionJudge:
    """Judges submissions, as many runs at a time as there are slots.

    Args:
        engine: Runs programs.
        compiler: Makes them runnable.
        pool: Says whose turn it is.
        version: Of the judge, for reports.
        preludes: Texts of preludes for function calls beside the built-in ones, by name.
        tests_per_run: At most, of a function-call problem; 1 for a run of its own for each.
        observer: Hears of the work.
        runs: Told of the runs under way.
    """

    def __init__(
        self,
        engine: Engine,
        compiler: Compiler,
        pool: SlotPool,
        *,
        version: str,
        preludes: Mapping[str, str] = MappingProxyType({}),
        tests_per_run: int = MOST_TESTS,
        observer: JudgeObserver = SILENT,
        runs: OverdueRuns | None = None,
    ) -> None:
        self._engine = engine
        self._compiler = compiler
        self._pool = pool
        self._version = version
        self._preludes = preludes
        self._tests_per_run = tests_per_run
        self._observer = observer
        self._runs = runs or OverdueRuns()

    @property
    def served(self) -> int:
        """Runs that have ended since the start, of all submissions."""
        return self._pool.served

    async def judge(
        self,
        program: SourceProgram,
        task: Task,
        *,
        stop: StopMode = StopMode.ALL,
        deadline_s: float | None = None,
        own: bool = False,
        fair_key: str = "",
        on_result: OnResult = lambda _result: None,
        on_outcome: OnOutcome = lambda _test, _outcome: None,
    ) -> JudgeReport:
        """The report on `program`. Cancelling the call kills its runs at once.

        Args:
            program: What to judge.
            task: What on.
            stop: Whether to go on after the first test that is not AC.
            deadline_s: Seconds until nobody wants the report any more.
            own: See `SlotPool.submission`.
            fair_key: The same.
            on_result: Told each test's result as soon as it is known.
            on_outcome: Told each test's name and what became of the run on it.

        Raises:
            InvalidArgument: The language is missing here, or there are no tests.
            FailedPrecondition: The problem's validator cannot be used.
            ResourceExhausted: The judge has too much to do.
        """
        if not task.suite.names:
            raise InvalidArgument("there are no tests", fields={"task": "has no tests"})
        with self._pool.submission(deadline_s=deadline_s, own=own, fair_key=fair_key) as key:
            try:
                prepared = await self._prepare(program, task, key, on_outcome)
            except EngineFailed as error:
                self._observer.failed(str(error))
                failed = TestResult(ordinal=0, name=task.suite.names[0], verdict=Verdict.IE, message=str(error))
                return self._report([failed], task)
            if isinstance(prepared, CompileError):
                return self._compile_error(prepared, task)
            try:
                return self._report(only_first(await self._run_all(prepared, stop, on_result)), task)
            except _NotOfItsLanguage as told:
                return self._compile_error(told.error, task)

    async def _run_in_turn(self, key: Key, spec: RunSpec) -> Outcome:
        asked = time.perf_counter()
        async with self._pool.slot(key):
            begun = time.perf_counter()
            self._observer.took(Phase.QUEUE, begun - asked)
            with self._runs.watching(spec.limits):
                outcome = await self._engine.run(spec)
            self._observer.took(Phase.SPAWN, time.perf_counter() - begun - outcome.wall_time_us / 1e6)
            return outcome

    async def _interact_in_turn(
        self, key: Key, program: RunSpec, other: RunSpec, settles: Callable[[Outcome], bool]
    ) -> Interaction:
        async with self._pool.slot(key):
            with self._runs.watching(program.limits), self._runs.watching(other.limits):
                return await self._engine.interact(program, other, settles=settles)

    async def _prepare(
        self, program: SourceProgram, task: Task, key: Key, on_outcome: OnOutcome
    ) -> _Prepared | CompileError:
        run = partial(self._run_in_turn, key)
        make = self._interactive_trial if task.interactive else self._batch_trial
        trial = await make(program, task, key, run)
        if isinstance(trial, CompileError):
            return trial
        return _Prepared(program=program, trial=trial, task=task, run=run, on_outcome=on_outcome)

    async def _interactive_trial(
        self, program: SourceProgram, task: Task, key: Key, run: Run
    ) -> InteractiveTrial | CompileError:
        checker = await self._by_program(task, run) if task.interactor and task.validator else None
        interactor = await interactor_of(
            self._compiler,
            task.interactor,
            task.validator,
            checker,
            run,
            flags=task.checker.flags,
            scoring=task.scoring,
        )
        executable = await self._compiler.prepare(program, run, memory_bytes=task.limits.memory_bytes)
        if isinstance(executable, CompileError):
            return executable
        interact = partial(self._interact_in_turn, key)
        return InteractiveTrial(executable, interactor, task.limits, run, interact)

    async def _batch_trial(self, program: SourceProgram, task: Task, key: Key, run: Run) -> BatchTrial | CompileError:
        del key
        comparison = await self._comparison(task, run)
        executable = await self._compiler.prepare(program, run, memory_bytes=task.limits.memory_bytes)
        if isinstance(executable, CompileError):
            return executable
        shared = None
        if task.function:
            language = self._compiler.language(program.language)
            calls = calling(program, executable, task.function, language, preludes=self._preludes)
            executable = calls.one
            if task.validator is None and self._tests_per_run > 1:
                accepts = call_comparison(task.function, task.checker).accepts
                shared = SharedTrial(
                    program=calls.many, accepts=accepts, limits=task.limits, run=run, took=self._compared
                )
        return BatchTrial(
            program=executable,
            comparison=comparison,
            limits=task.limits,
            run=run,
            shared=shared,
            returns=task.function is not None,
            input_file=task.input_file,
            output_file=task.output_file,
        )

    async def _comparison(self, task: Task, run: Run) -> Comparison:
        by_program = await self._by_program(task, run)
        by_value = task.function and call_comparison(task.function, task.checker)
        found: Comparison = by_program or by_value or BuiltInComparison(task.checker)
        return TimedComparison(found, self._compared)

    def _compared(self, seconds: float) -> None:
        self._observer.took(Phase.CHECK, seconds)

    async def _by_program(self, task: Task, run: Run) -> Comparison | None:
        if task.validator is None:
            return None
        checker = task.checker
        return await checker_comparison(
            self._compiler, task.validator, checker.kind, checker.flags, run, scoring=task.scoring
        )

    async def _run_all(self, prepared: _Prepared, stop: StopMode, on_result: OnResult) -> list[TestResult]:
        shared = prepared.trial.shared
        course = Course(
            suite=prepared.task.suite,
            alone=partial(self._judge_test, prepared),
            shared=partial(self._judge_shared, prepared, shared) if shared else None,
            most=self._tests_per_run,
            budget=CpuBudget(prepared.task.cpu_budget_ms),
            on_result=lambda result: on_result(without_detail(result)),
        )
        return await course.run(stop)

    async def _judge_shared(
        self, prepared: _Prepared, trial: SharedTrial, ordinals: Sequence[int]
    ) -> Shared[TestResult]:
        tests = await _first_tests(prepared.task.suite, ordinals)
        try:
            shared = await trial.attempt(tests)
        except EngineFailed as error:
            self._observer.failed(str(error))
            return Shared()
        results: list[TestResult | None] = []
        for ordinal, test, found in zip(ordinals, tests, shared.accepted, strict=False):
            if found is None:
                results.append(None)
                continue
            self._observer.ran(prepared.program.language, found)
            prepared.on_outcome(test.name, found)
            results.append(measured(ordinal, test.name, found, _ACCEPTED))
        return Shared(accepted=results, cut=shared.cut or len(results) == len(tests))

    async def _judge_test(self, prepared: _Prepared, ordinal: int) -> TestResult:
        name = prepared.task.suite.names[ordinal]
        test = await prepared.task.suite.load(ordinal)
        result = TestResult(ordinal=ordinal, name=name, verdict=Verdict.IE)
        for _ in range(_ATTEMPTS):
            try:
                result = await self._attempt(prepared, test, ordinal)
            except EngineFailed as error:
                result = replace(result, message=str(error))
            if result.verdict is not Verdict.IE:
                return result
            self._observer.failed(result.message)
        return result

    async def _attempt(self, prepared: _Prepared, test: Test, ordinal: int) -> TestResult:
        outcome, judgement = await prepared.trial.attempt(test)
        self._observer.ran(prepared.program.language, outcome)
        prepared.on_outcome(test.name, outcome)
        if judgement.verdict is Verdict.RE and ordinal == 0:
            await self._tell_from_compile_error(prepared)
        result = measured(ordinal, test.name, outcome, judgement)
        shown = prepared.task.detail_bytes
        return with_detail(result, outcome, input_data=test.input, answer=test.answer, max_bytes=shown)

    async def _tell_from_compile_error(self, prepared: _Prepared) -> None:
        """An interpreted program that is not even of its language fails on its first test already."""
        error = await self._compiler.check(prepared.program, prepared.run)
        if error is not None:
            raise _NotOfItsLanguage(error)

    def _report(self, results: list[TestResult], task: Task) -> JudgeReport:
        suite = task.suite
        report = summarize(results, total=len(suite.names), judge_version=self._version, tier=self._engine.tier.value)
        return with_groups(report, Grading(suite.grouping, suite.names, suite.groups)) if task.scoring else report

    def _compile_error(self, error: CompileError, task: Task) -> JudgeReport:
        return replace(self._report([], task), verdict=Verdict.CE, compile_message=error.message)


async def _first_tests(suite: Suite, ordinals: Sequence[int]) -> list[Test]:
    """As many as a shared run takes."""
    tests: list[Test] = []
    size = 0
    for ordinal in ordinals:
        tests.append(await suite.load(ordinal))
        size += len(tests[-1].input)
        if size > MOST_BYTES:
            break
    return tests
