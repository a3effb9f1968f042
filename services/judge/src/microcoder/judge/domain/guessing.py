"""How many tests a program passes that does not solve the problem.

Where one output passes every test, the tests reward guessing: a model that has learnt the output has learnt nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microcoder.judge.domain.verdicts import readable

LONGEST_GUESS = 64 * 1024
"""Nobody guesses more, bytes: longer answers are never tried, and count as not guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One test as a guesser meets it."""

    copied: bytes
    """What a program prints that copies its input; for a function its first argument."""
    answer: bytes
    """The answer."""
    accepts: Callable[[bytes], bool]
    """Whether an output is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """The best guess."""

    share: float = 0.0
    """Share of the tests that it passes, 0 to 1."""
    text: str = ""
    """What it prints, for a person."""


def best_guess(questions: Sequence[Question], *, total: int) -> Guess:
    """The output that passes most of `total` tests: one of the answers, nothing, or the input itself.

    Args:
        questions: The tests whose answers are short enough to be guessed.
        total: Of tests.
    """
    guesses = [_of(_constant(answer), [q.accepts(answer) for q in questions], total) for answer in _answers(questions)]
    guesses.append(_of("the input itself", [q.accepts(q.copied) for q in questions], total))
    return max(guesses, key=lambda guess: guess.share)


def _answers(questions: Sequence[Question]) -> list[bytes]:
    return list(dict.fromkeys([*(question.answer for question in questions), b""]))


def _constant(answer: bytes) -> str:
    shown = readable(answer.strip(), limit=40)
    return f"always {shown!r}" if shown else "nothing"


def _of(text: str, passed: Sequence[bool], total: int) -> Guess:
    return Guess(share=sum(passed) / total if total else 0.0, text=text)
