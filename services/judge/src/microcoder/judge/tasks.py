"""What a program is judged on: taken from a problem of the catalogue or from a request."""

import asyncio
from dataclasses import replace

from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.core.problem import Checker, CheckerKind, FunctionSpec, IoMode, Limits, Problem, Program
from microcoder.core.verification import Verification
from microcoder.judge.domain.engine import RunLimits
from microcoder.judge.domain.languages import Language
from microcoder.judge.domain.limits import problem_limits, requested_limits
from microcoder.judge.domain.program import SourceProgram
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
            FailedPrecondition: Its way of input and output cannot be judged.
            NotFound: The store has lost the validator.
        """
        if problem.io_mode not in (IoMode.STDIO, IoMode.FUNCTION):
            raise FailedPrecondition(
                f"{problem.id} is a problem of mode {problem.io_mode}, which this judge cannot run",
                reason="UNSUPPORTED_MODE",
            )
        custom = problem.checker.kind is CheckerKind.CUSTOM
        if custom and problem.checker.program is None:
            raise FailedPrecondition(f"{problem.id} has lost its output validator", reason="VALIDATOR_UNUSABLE")
        return Task(
            suite=StoredSuite(problem.suite, self._blobs),
            limits=requested_limits(limits) if limits else _limits(problem, language, proven),
            checker=problem.checker,
            validator=await self.source_of(problem.checker.program) if custom and problem.checker.program else None,
            function=problem.function if problem.io_mode is IoMode.FUNCTION else None,
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
            InvalidArgument: It asks for a validator, which has no place in a request, or its limits are out of range.
            FailedPrecondition: It names tests that are not here.
        """
        checker = from_proto(message.checker, Checker) if message.HasField("checker") else Checker()
        if checker.kind in (CheckerKind.CUSTOM, CheckerKind.TESTLIB):
            raise InvalidArgument(
                "tests of a request are compared by a built-in checker",
                fields={"inline_task.checker": "must not be a program"},
            )
        if limits is None:
            limits = from_proto(message.limits, Limits) if message.HasField("limits") else Limits()
        return Task(
            limits=requested_limits(limits),
            suite=await referenced_suite(message.tests, self._blobs),
            checker=checker,
            function=from_proto(message.function, FunctionSpec) if message.HasField("function") else None,
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
            return problem_limits(replace(problem.limits, cpu_time_ms=proposed), multiplier=1.0)
    return problem_limits(problem.limits, multiplier=language.time_multiplier)
