"""Function calls: what is run on a test, and when its result is right.

The driver in the jail gets the arguments and sends back the result as JSON; it never gets the answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, FunctionSpec
from microcoder.core.verdict import Verdict
from microcoder.judge.comparing import compared
from microcoder.judge.compiling import Executable
from microcoder.judge.domain.engine import Outcome, Run
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.languages import CALL_DRIVER, Language, fill
from microcoder.judge.domain.preludes import SORTED, prelude_of
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.values import (
    ABSOLUTE_TOLERANCE,
    RELATIVE_TOLERANCE,
    Rules,
    fits,
    read_value,
    same_text,
)
from microcoder.judge.domain.verdicts import readable
from microcoder.judge.suites import Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What calls a function of a program."""

    one: Executable
    """On one test."""
    many: Executable
    """On many in one run, see `microcoder.judge.sharing`."""


def calling(
    program: SourceProgram,
    executable: Executable,
    function: FunctionSpec,
    language: Language,
    *,
    preludes: Mapping[str, str],
) -> Calls:
    """What calls `function` of the program.

    Args:
        program: Source.
        executable: What `Compiler.prepare` made of it.
        function: What is called.
        language: Of the program.
        preludes: Texts of preludes beside the built-in ones, by name.

    Raises:
        InvalidArgument: The language has no function calls, or there is no such prelude.
    """
    if not language.call:
        raise InvalidArgument(
            f"functions in {program.language} cannot be called", fields={"language": "has no function calls"}
        )
    source = program.files[program.main]
    prelude = prelude_of(function, source, preludes)
    call = {
        "style": function.style,
        "entry": function.entry,
        "parameters": function.parameters,
        "returns": function.returns,
        "mutated": function.mutated_argument,
        "unordered": function.unordered_levels,
        "prelude": prelude,
    }
    wants_sorted = SORTED in prelude or SORTED.encode() in source
    files = {**executable.files, CALL_DRIVER: _driver(), **(_package(SORTED) if wants_sorted else {})}
    start = fill(language.call, main=program.main)
    one, many = (Executable(argv=(*start, json.dumps({**call, "many": many})), files=files) for many in (False, True))
    return Calls(one=one, many=many)


@dataclass(frozen=True, slots=True)
class CallComparison:
    """Results of function calls, by value."""

    rules: Rules

    async def compare(self, test: Test, outcome: Outcome, run: Run) -> Judgement:
        """AC or WA; RE where there is no result.

        Raises:
            InvalidArgument: The test's answer is not one JSON value.
        """
        del run
        if not outcome.result:
            return Judgement(verdict=Verdict.RE, message="the program ended before the call returned")
        return await compared(max(len(outcome.result), len(test.answer)), self._compare, test, outcome.result)

    def accepts(self, result: bytes, answer: bytes) -> bool:
        """Whether a result is right; one that cannot be read is not.

        Raises:
            ValueError: The answer is not one JSON value.
        """
        if same_text(result, answer):
            return True
        wanted = read_value(answer)
        try:
            return fits(result, wanted, self.rules)
        except ValueError:
            return False

    def _compare(self, test: Test, result: bytes) -> Judgement:
        try:
            right = self.accepts(result, test.answer)
        except ValueError as error:
            raise InvalidArgument(
                f"the answer of test {test.name!r} is not one JSON value: {error}",
                fields={"tests.answer": "is not JSON"},
            ) from error
        if right:
            return Judgement(verdict=Verdict.AC)
        return Judgement(verdict=Verdict.WA, message=f"wrong result: {readable(result, limit=100)}")


def call_comparison(function: FunctionSpec, checker: Checker) -> CallComparison:
    """The comparison for `function`, with the tolerance of the problem's checker where it states one."""
    stated = checker.float_absolute is not None or checker.float_relative is not None
    return CallComparison(
        Rules(
            returns=function.returns,
            unordered_levels=function.unordered_levels,
            absolute=(checker.float_absolute or 0.0) if stated else ABSOLUTE_TOLERANCE,
            relative=(checker.float_relative or 0.0) if stated else RELATIVE_TOLERANCE,
            whole_too=stated,
        )
    )


@cache
def _package(name: str) -> dict[str, bytes]:
    """The modules of an installed package of pure Python, as files of a program."""
    return {
        f"{name}/{file.name}": file.read_bytes()
        for file in resources.files(name).iterdir()
        if file.name.endswith(".py")
    }


@cache
def _driver() -> bytes:
    return resources.files("microcoder.judge.jailed").joinpath("call.py").read_bytes()
