"""Where an output departs from an answer: found by its position in both, told in plain words."""

import re
from dataclasses import dataclass

from microcoder.core.verdict import Difference
from microcoder.judge.domain.verdicts import readable

TOKEN = re.compile(rb"\S+")
_SHOWN_CHARS = 200
_BRIEF_CHARS = 60
_BLOCK = 1 << 16
_WHITE_SPACE = b" \n\t\r\v\f"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is wrong with an output."""

    message: str
    """For anybody: may show a piece of the output, never of the answer."""
    difference: Difference
    """For people who may see the tests."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: a token or a line."""

    text: bytes
    """The whole text."""
    start: int
    """First byte."""
    end: int
    """Behind the last byte; `start` at the end of the text."""

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.text.count(b"\n", 0, self.start) + 1

    @property
    def is_blank(self) -> bool:
        """Whether it is white space."""
        return self.text[self.start : min(self.end, self.start + 1)].isspace()

    @property
    def shown(self) -> str:
        """Its beginning, readable."""
        return self._readable(_SHOWN_CHARS)

    @property
    def brief(self) -> str:
        """The first characters of it, for a message."""
        return self._readable(_BRIEF_CHARS)

    def _readable(self, limit: int) -> str:
        return readable(self.text[self.start : min(self.end, self.start + 4 * limit + 4)], limit=limit)


def tokens_before(text: bytes, position: int) -> int:
    """How many tokens end before `position`."""
    return sum(1 for _ in TOKEN.finditer(text, 0, position))


def mismatch(message: str, ours: Piece | None, theirs: Piece | None, *, token: int = 0) -> Mismatch:
    """The mismatch of a piece of the output and one of the answer; None where there is no such piece."""
    return Mismatch(
        message,
        Difference(
            output_line=ours.line if ours else 0,
            answer_line=theirs.line if theirs else 0,
            token=token,
            got=ours.shown if ours else "",
            expected=theirs.shown if theirs else "",
        ),
    )


def common_prefix(first: bytes, second: bytes) -> int:
    """How many bytes the two begin with in common."""
    low, high = 0, min(len(first), len(second))
    while low < high and first[low : low + _BLOCK] == second[low : low + _BLOCK]:
        low += _BLOCK
    high = min(high, low + _BLOCK)
    low = min(low, high)
    while low < high:  # the first `low` bytes are equal, the first `high + 1` are not
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def last_white_space(text: bytes, end: int) -> int:
    """Position behind the last white space before `end`, 0 where there is none."""
    return max(text.rfind(space, 0, end) for space in _WHITE_SPACE) + 1
