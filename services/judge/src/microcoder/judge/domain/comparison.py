"""Built-in comparison of outputs, on bytes, linear in time and with little memory beside the texts.

The rules for tokens are those of Kattis' default output validator, with our own names.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, CheckerKind
from microcoder.judge.domain.lines import different_lines, different_text
from microcoder.judge.domain.mismatch import Mismatch
from microcoder.judge.domain.numbers import read_tolerance
from microcoder.judge.domain.tokens import different_tokens
from microcoder.judge.domain.unordered import different_line_set, different_token_set

PROGRAMS = frozenset({CheckerKind.CUSTOM, CheckerKind.TESTLIB})
"""Comparisons by a program of the problem."""

_BOM = b"\xef\xbb\xbf"
_FLOAT_FLAGS = {
    "float_tolerance": ("float_absolute", "float_relative"),
    "float_absolute_tolerance": ("float_absolute",),
    "float_relative_tolerance": ("float_relative",),
}
_RULES: dict[CheckerKind, Callable[[bytes, bytes, Checker], Mismatch | None]] = {
    CheckerKind.EXACT: lambda output, answer, _: different_text(output, answer),
    CheckerKind.LINES: lambda output, answer, _: different_lines(output, answer),
    CheckerKind.TOKENS: different_tokens,
    CheckerKind.YES_NO: different_tokens,
    CheckerKind.UNORDERED_TOKENS: lambda output, answer, checker: different_token_set(
        output, answer, case_sensitive=checker.case_sensitive
    ),
    CheckerKind.UNORDERED_LINES: lambda output, answer, _: different_line_set(output, answer),
}


def difference(output: bytes, answer: bytes, checker: Checker) -> Mismatch | None:
    """Where `output` differs from `answer` in the sense of `checker`, None where it is right.

    Raises:
        ValueError: The checker is a program.
    """
    answer = answer.removeprefix(_BOM)
    if checker.kind in PROGRAMS:
        raise ValueError(f"{checker.kind} is not a built-in comparison")
    return None if output == answer else _RULES[checker.kind](output, answer, checker)


def with_flags(checker: Checker, flags: tuple[str, ...]) -> Checker:
    """`checker` changed by the arguments of Kattis' default validator.

    Raises:
        InvalidArgument: An unknown flag, or one whose number is missing or none.
    """
    if not flags:
        return checker
    changes: dict[str, Any] = {}
    words = iter(flags)
    for word in words:
        if word == "case_sensitive":
            changes["case_sensitive"] = True
        elif word == "space_change_sensitive":
            changes["space_sensitive"] = True
        elif word in _FLOAT_FLAGS:
            changes.update(dict.fromkeys(_FLOAT_FLAGS[word], _tolerance(word, next(words, ""))))
        else:
            raise InvalidArgument(f"unknown validator flag {word[:100]!r}", fields={"validator_flags": "unknown flag"})
    return replace(checker, **changes)


def _tolerance(flag: str, text: str) -> float:
    value = read_tolerance(text)
    if value is None:
        raise InvalidArgument(
            f"{flag} needs a number that is at least 0, not {text[:40]!r}", fields={"validator_flags": "needs a number"}
        )
    return value
