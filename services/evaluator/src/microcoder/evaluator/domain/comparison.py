"""How an item's outputs are compared: LiveCodeBench's rules without their known defects.

LiveCodeBench strips the output, wants as many lines as the answer has, and takes a line where it is equal or where its
words are equal decimal numbers. Here the words are compared one by one, in the answer's case, and

- line breaks are white space like any other: what words a program prints decides, not how it breaks lines;
- where the statement allows an error (`10^{-6}`), numbers may differ by that much, absolutely or relatively;
- where it allows any case, case does not count;
- where an answer has a decimal point and the statement allows no error, numbers may differ by 1e-9, absolutely only, so
  that whole numbers stay exact: LiveCodeBench rejects `0.3` for `0.30000000000000004`.

A function's result is compared as a JSON value by the judge, by its own tolerance where the statement allows no error.
"""

import re

from microcoder.core.problem import Checker, CheckerKind
from microcoder.evaluator.domain.items import EvaluationItem, ItemTest

UNSTATED_TOLERANCE = 1e-9
"""Where answers are decimals and the statement says nothing."""

_TOLERANCE = re.compile(
    r"\b(?:absolute|relative)\b.{0,160}?10\s*\^\s*\{?\s*[-−–]\s*\{?\s*(\d{1,2})|"
    r"10\s*\^\s*\{?\s*[-−–]\s*\{?\s*(\d{1,2}).{0,120}?\b(?:absolute|relative)\b|"
    r"\bwithin\s+\$?10\s*\^\s*\{?\s*[-−–]\s*(\d{1,2}).{0,20}?\bactual\b",
    re.IGNORECASE | re.DOTALL,
)
_ANY_CASE = re.compile(
    r"\b(?:print|output|letter|answer|string)s?\b[^.]{0,80}\bin any (?:letter |character )?(?:case|register)\b",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"^[+-]?\d*\.\d+(?:[eE][+-]?\d+)?$")


def checker_of(item: EvaluationItem, tests: tuple[ItemTest, ...]) -> Checker:
    """The comparison for `item`, whose decoded tests are `tests`."""
    stated = stated_tolerance(item.statement)
    if item.function is not None:
        return Checker(float_absolute=stated, float_relative=stated)
    decimals = any(_DECIMAL.match(word) for test in tests for word in test.output.split())
    return Checker(
        kind=CheckerKind.TOKENS,
        case_sensitive=not _ANY_CASE.search(item.statement),
        float_absolute=UNSTATED_TOLERANCE if stated is None and decimals else stated,
        float_relative=stated,
    )


def stated_tolerance(statement: str) -> float | None:
    """The error that a statement allows, None where it allows none."""
    match = _TOLERANCE.search(statement)
    if match is None:
        return None
    return 10.0 ** -int(next(group for group in match.groups() if group))
