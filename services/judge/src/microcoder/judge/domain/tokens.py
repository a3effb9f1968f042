"""Outputs compared token by token, in one pass and without a copy of either."""

import re
from collections.abc import Callable
from itertools import zip_longest

from microcoder.core.problem import Checker, CheckerKind
from microcoder.judge.domain.mismatch import (
    TOKEN,
    Mismatch,
    Piece,
    common_prefix,
    last_white_space,
    mismatch,
    tokens_before,
)
from microcoder.judge.domain.numbers import numbers_fit

_TOKEN_OR_SPACE = re.compile(rb"\s+|\S+")
_YES_NO = frozenset({b"yes", b"no"})


def different_tokens(output: bytes, answer: bytes, checker: Checker) -> Mismatch | None:
    """The first token of `output` that does not fit `answer`, None where all do."""
    pattern = _TOKEN_OR_SPACE if checker.space_sensitive else TOKEN
    # Equal beginnings are most of most outputs, and memory compares faster than tokens.
    start = 0 if checker.space_sensitive else last_white_space(output, common_prefix(output, answer))
    fits = _rule(checker)
    for ours, theirs in zip_longest(pattern.finditer(output, start), pattern.finditer(answer, start)):
        if ours is None or theirs is None or not fits(ours.group(), theirs.group()):
            return _told(
                Piece(output, *ours.span()) if ours else None, Piece(answer, *theirs.span()) if theirs else None
            )
    return None


def _rule(checker: Checker) -> Callable[[bytes, bytes], bool]:
    """Whether a token of the output may stand for one of the answer."""
    if checker.kind is CheckerKind.YES_NO:
        return _same_yes_no
    same = bytes.__eq__ if checker.case_sensitive else _same_letters
    absolute, relative = checker.float_absolute, checker.float_relative
    if absolute is None and relative is None:
        return same

    def fits(ours: bytes, theirs: bytes) -> bool:
        if ours == theirs:
            return True
        close = numbers_fit(ours, theirs, absolute=absolute, relative=relative)
        return same(ours, theirs) if close is None else close

    return fits


def _same_letters(ours: bytes, theirs: bytes) -> bool:
    return ours == theirs or ours.lower() == theirs.lower()


def _same_yes_no(ours: bytes, theirs: bytes) -> bool:
    return ours == theirs or (theirs.lower() in _YES_NO and ours.lower() == theirs.lower())


def _told(ours: Piece | None, theirs: Piece | None) -> Mismatch:
    if ours is None:
        count = tokens_before(theirs.text, theirs.start) if theirs else 0
        return mismatch(f"the output ends after {count} tokens, more are expected", ours, theirs, token=count + 1)
    count = tokens_before(ours.text, ours.start)
    if theirs is None:
        message = f"the output has more than the expected {count} tokens"
    elif ours.is_blank or theirs.is_blank:
        message = f"the white space after token {count} (line {ours.line}) is wrong"
    else:
        message = f"token {count + 1} (line {ours.line}) is wrong: {ours.brief!r}"
    return mismatch(message, ours, theirs, token=count + 1)
