"""Built-in comparison of outputs, on bytes, linear in time and with little memory beside the texts.

The rules are those of Kattis' default output validator, with our own names: tokens, case, white space, float tolerance.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, CheckerKind
from microcoder.judge.domain.verdicts import readable

_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb"\S+")
_TOKEN_OR_SPACE = re.compile(rb"\s+|\S+")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FLOAT_FLAGS = {
    "float_tolerance": ("float_absolute", "float_relative"),
    "float_absolute_tolerance": ("float_absolute",),
    "float_relative_tolerance": ("float_relative",),
}
_LONGEST_NUMBER = 400
"""Longer digit strings are compared as text: a double holds no more than 309 digits before the point."""


def difference(output: bytes, answer: bytes, checker: Checker) -> str | None:
    """Where `output` differs from `answer` in the sense of `checker`, None where it is right.

    The text may show a piece of the output, never of the answer.

    Raises:
        ValueError: The checker is a program.
    """
    answer = answer.removeprefix(_BOM)
    if output == answer:
        return None
    if checker.kind is CheckerKind.EXACT:
        return _exact(output, answer)
    if checker.kind is CheckerKind.TOKENS:
        return _tokens(output, answer, checker)
    raise ValueError(f"{checker.kind} is not a built-in comparison")


def with_flags(checker: Checker, flags: tuple[str, ...]) -> Checker:
    """`checker` changed by the arguments of Kattis' default validator.

    Raises:
        InvalidArgument: An unknown flag, or one whose number is missing or none.
    """
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
    if not _NUMBER.fullmatch(text.encode()):
        raise InvalidArgument(f"{flag} needs a number, not {text[:40]!r}", fields={"validator_flags": "needs a number"})
    return float(text)


def _exact(output: bytes, answer: bytes) -> str | None:
    """Equal apart from the style of line ends and the line end at the very end."""
    ours, theirs = _plain_lines(output), _plain_lines(answer)
    if ours == theirs:
        return None
    lines = zip_longest(_lines(ours), _lines(theirs))
    number = next(number for number, (a, b) in enumerate(lines, start=1) if a != b)
    return f"line {number} differs"


def _plain_lines(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").removesuffix(b"\n")


def _lines(text: bytes) -> Iterator[bytes]:
    start = 0
    while (end := text.find(b"\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _tokens(output: bytes, answer: bytes, checker: Checker) -> str | None:
    pattern = _TOKEN_OR_SPACE if checker.space_sensitive else _TOKEN
    pairs = zip_longest(pattern.finditer(output), pattern.finditer(answer))
    for number, (ours, theirs) in enumerate(pairs, start=1):
        if ours is None:
            return f"the output ends after {number - 1} tokens, more are expected"
        if theirs is None:
            return f"the output has more than the expected {number - 1} tokens"
        if not _token_fits(ours.group(), theirs.group(), checker):
            return f"token {number} is wrong: {readable(ours.group(), limit=60)!r}"
    return None


def _token_fits(ours: bytes, theirs: bytes, checker: Checker) -> bool:
    if ours == theirs:
        return True
    if not checker.case_sensitive and ours.lower() == theirs.lower():
        return True
    if checker.float_absolute is None and checker.float_relative is None:
        return False
    return _numbers_fit(ours, theirs, checker)


def _numbers_fit(ours: bytes, theirs: bytes, checker: Checker) -> bool:
    """Absolute or relative error within the tolerance; either alone is enough, as with Kattis and testlib."""
    if max(len(ours), len(theirs)) > _LONGEST_NUMBER:
        return False
    if not _NUMBER.fullmatch(ours) or not _NUMBER.fullmatch(theirs):
        return False
    value, wanted = float(ours), float(theirs)
    error = abs(value - wanted)
    if not math.isfinite(error):
        return False
    absolute, relative = checker.float_absolute, checker.float_relative
    return (absolute is not None and error <= absolute) or (relative is not None and error <= relative * abs(wanted))
