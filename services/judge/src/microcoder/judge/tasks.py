"""What a program is judged on: taken from a problem of the catalogue or from a request."""

import asyncio
from dataclasses import replace

from microcoder.core.errors import FailedPrecondition
from microcoder.core.grouping import TestGroup
from microcoder.core.problem import Checker, CheckerKind, FunctionSpec, IoMode, Limits, Problem, Program
from microcoder.core.verification import Verification
from microcoder.judge.domain.comparison import PROGRAMS
from microcoder.judge.domain.engine import RunLimits
from microcoder.judge.domain.languages import Language
from microcoder.judge.domain.limits import problem_limits, requested_limits
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.inline import check_inline_task, inline_program
from microcoder.judge.judging import Task
from microcoder.judge.referenced import referenced_suite
from microcoder.judge.suites import BlobCache, StoredSuite
from microcoder.store import Store
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.wire import from_proto


class TaskSource:
    """Makes tasks. Blobs of problems are kept in memory up to a budget."""

    def __init__(self, store: Store, blobs: BlobCache) -> None:
        self._store = store
        self._blobs = blobs

    async def of_problem(
        self, problem: Problem, language: Language, *, limits: Limits | None = None, proven: Verification | None = None
    ) -> Task:
        """The task of a problem, with its limits for `language` or with those of the request.

        Args:
            problem: What to judge on.
            language: Of the program.
            limits: Of the request.
            proven: The problem's verification, whose CPU time limits go before the problem's own.

        Raises:
            FailedPrecondition: It lacks a program that it says it has.
            NotFound: The store has lost the validator.
        """
        checker, interactor = problem.checker, problem.interactor
        if checker.kind in PROGRAMS and checker.program is None:
            raise FailedPrecondition(f"{problem.id} has lost its output validator", reason="VALIDATOR_UNUSABLE")
        if problem.io_mode is IoMode.INTERACTIVE and interactor is None and checker.kind is not CheckerKind.CUSTOM:
            raise FailedPrecondition(
                f"{problem.id} is interactive and has no program that talks", reason="UNSUPPORTED_MODE"
            )
        return Task(
            suite=StoredSuite(problem.suite, self._blobs),
            limits=requested_limits(limits) if limits else _limits(problem, language, proven),
            checker=checker,
            validator=await self.source_of(checker.program) if checker.program else None,
            function=problem.function if problem.io_mode is IoMode.FUNCTION else None,
            interactive=problem.io_mode is IoMode.INTERACTIVE,
            interactor=await self.source_of(interactor) if interactor else None,
            input_file=problem.input_file,
            output_file=problem.output_file,
        )

    async def of_id(self, problem_id: str, language: Language, *, limits: Limits | None = None) -> Task:
        """The same for a problem of the catalogue.

        Raises:
            NotFound: There is none such.
        """
        problem = await self._store.problems.get(problem_id)
        proven = None if limits else await self._store.verifications.find(problem_id)
        return await self.of_problem(problem, language, limits=limits, proven=proven)

    async def of_request(self, message: pb.InlineTask, *, limits: Limits | None) -> Task:
        """The task of a request.

        Raises:
            InvalidArgument: A program is missing or not a safe one, or limits are out of range.
            FailedPrecondition: It names tests that are not here.
        """
        check_inline_task(message)
        if limits is None:
            limits = from_proto(message.limits, Limits) if message.HasField("limits") else Limits()
        groups = [from_proto(group, TestGroup) for group in message.groups]
        return Task(
            limits=requested_limits(limits),
            suite=await referenced_suite(message.tests, self._blobs, groups),
            checker=from_proto(message.checker, Checker) if message.HasField("checker") else Checker(),
            validator=inline_program(message, "checker_program"),
            function=from_proto(message.function, FunctionSpec) if message.HasField("function") else None,
            interactive=message.interactive,
            interactor=inline_program(message, "interactor"),
            input_file=message.input_file,
            output_file=message.output_file,
        )

    async def source_of(self, program: Program) -> SourceProgram:
        """A program of the catalogue with its files."""
        contents = await asyncio.gather(*(self._blobs.get(file.digest) for file in program.files))
        paths = [file.path for file in program.files]
        return SourceProgram(
            language=program.language, files=dict(zip(paths, contents, strict=True)), main=paths[0] if paths else ""
        )


def _limits(problem: Problem, language: Language, proven: Verification | None) -> RunLimits:
    if proven is not None and proven.suite_digest == problem.suite.digest:
        proposed = proven.cpu_time_limits_ms.get(language.id)
        if proposed is not None:
            return _for_language(replace(problem.limits, cpu_time_ms=proposed), language, multiplier=1.0)
    return _for_language(problem.limits, language, multiplier=language.time_multiplier)


def _for_language(limits: Limits, language: Language, *, multiplier: float) -> RunLimits:
    return problem_limits(
        limits,
        multiplier=multiplier,
        memory_multiplier=language.memory_multiplier,
        runtime_bytes=language.runtime_bytes,
    )
