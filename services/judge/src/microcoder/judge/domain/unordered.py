"""Outputs compared as multisets of tokens or lines.

Short texts are counted item by item. Long ones take memory that does not grow with them: two multisets are equal where
their sizes and the sums of their items' digests are, 128 bits under a salt that no program knows.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b

from microcoder.judge.domain.lines import stripped_spans
from microcoder.judge.domain.mismatch import TOKEN, Mismatch, Piece, mismatch

_SALT = os.urandom(16)
_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)
_SHORT = 1 << 18
"""Bytes."""
_Spans = Callable[[bytes], Iterator[tuple[int, int]]]


def different_token_set(output: bytes, answer: bytes, *, case_sensitive: bool) -> Mismatch | None:
    """What the tokens of `output` have too much or too little of, in whatever order they are."""
    if not case_sensitive:
        output, answer = output.lower(), answer.lower()
    return _different(output, answer, _token_spans, "token")


def different_line_set(output: bytes, answer: bytes) -> Mismatch | None:
    """The same of lines, without white space at their ends; blank lines do not count."""
    return _different(output, answer, _line_spans, "line")


def _token_spans(text: bytes) -> Iterator[tuple[int, int]]:
    return (match.span() for match in TOKEN.finditer(text))


def _line_spans(text: bytes) -> Iterator[tuple[int, int]]:
    return ((start, end) for start, end in stripped_spans(text) if start < end)


def _different(output: bytes, answer: bytes, spans: _Spans, word: str) -> Mismatch | None:
    if max(len(output), len(answer)) <= _SHORT:
        return _surplus(output, answer, spans, word)
    count, digest = _fingerprint(output, spans)
    wanted, wanted_digest = _fingerprint(answer, spans)
    if count != wanted:
        return _miscounted(count, wanted, word)
    return None if digest == wanted_digest else mismatch(f"the {word}s are not the expected ones", None, None)


def _miscounted(count: int, wanted: int, word: str) -> Mismatch:
    return mismatch(f"the output has {count} {word}s, {wanted} are expected", None, None)


def _fingerprint(text: bytes, spans: _Spans) -> tuple[int, int]:
    count = total = 0
    for start, end in spans(text):
        count += 1
        total += int.from_bytes(blake2b(text[start:end], digest_size=_BYTES, salt=_SALT).digest(), "little")
    return count, total % _MODULUS


def _surplus(output: bytes, answer: bytes, spans: _Spans, word: str) -> Mismatch | None:
    """The first item of the output that the answer has not, or not so often."""
    wanted = Counter(answer[start:end] for start, end in spans(answer))
    total, number = wanted.total(), 0
    for number, (start, end) in enumerate(spans(output), start=1):
        item = output[start:end]
        wanted[item] -= 1
        if wanted[item] < 0:
            piece = Piece(output, start, end)
            message = f"{word} {number} is wrong: {piece.brief!r}"
            return mismatch(message, piece, None, token=number if word == "token" else 0)
    return None if number == total else _miscounted(number, total, word)
