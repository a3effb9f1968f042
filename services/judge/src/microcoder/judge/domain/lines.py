"""Outputs compared line by line, in one pass."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from microcoder.judge.domain.mismatch import Mismatch, Piece, common_prefix, mismatch

Spans = Callable[[bytes, int], Iterator[tuple[int, int]]]
"""The lines of a text from a position on: first byte, and behind the last one."""


def different_text(output: bytes, answer: bytes) -> Mismatch | None:
    """The first line that differs; only the style of line ends and the line end at the very end are forgiven."""
    return _first_different(_plain(output), _plain(answer), line_spans)


def different_lines(output: bytes, answer: bytes) -> Mismatch | None:
    """The first line that differs; white space at the end of a line and blank lines at the end do not count."""
    return _first_different(output, answer, stripped_spans)


def line_spans(text: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Lines without their line feeds."""
    while (end := text.find(b"\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


def stripped_spans(text: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Lines without white space at their ends, and without the blank ones at the end of the text."""
    last = len(text.rstrip())
    for begin, end in line_spans(text, start):
        if begin >= last:
            return
        yield begin, begin + len(text[begin:end].rstrip())


def _plain(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").removesuffix(b"\n")


def _first_different(output: bytes, answer: bytes, spans: Spans) -> Mismatch | None:
    if output == answer:
        return None
    start = output.rfind(b"\n", 0, common_prefix(output, answer)) + 1
    for ours, theirs in zip_longest(spans(output, start), spans(answer, start)):
        if ours is None or theirs is None or output[slice(*ours)] != answer[slice(*theirs)]:
            return _told(Piece(output, *ours) if ours else None, Piece(answer, *theirs) if theirs else None)
    return None


def _told(ours: Piece | None, theirs: Piece | None) -> Mismatch:
    if ours is None:
        count = theirs.line - 1 if theirs else 0
        return mismatch(f"the output ends after {count} lines, more are expected", ours, theirs)
    if theirs is None:
        return mismatch(f"the output has more than the expected {ours.line - 1} lines", ours, theirs)
    return mismatch(f"line {ours.line} is wrong: {ours.brief!r}", ours, theirs)
