"""Numbers in outputs: what counts as one, and when two are close enough.

A number is a decimal one, with or without a fraction and an exponent, as in the 2025-09 problem format; hexadecimal
ones, underscores, infinities and what is too large or too small for a double are text. Errors are computed in doubles,
as Kattis and testlib do; where only their rounding takes an error over its tolerance, exact arithmetic decides.
"""

import math
import re
from decimal import Context, Decimal, InvalidOperation, Overflow

_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_ZERO = re.compile(rb"[+-]?[0.]*[1-9]")
_LONGEST_NUMBER = 400
"""Longer digit strings are text: a double has no more than 309 digits before the point, and nobody prints more."""
_ROUNDING = 2.0**-51
"""Bound of the relative error of two conversions and a subtraction of doubles."""
_EXACT = Context(prec=60, Emax=999_999, Emin=-999_999, traps=[InvalidOperation, Overflow])


def read_tolerance(text: str) -> float | None:
    """The tolerance in the text, None where it is not a finite number that is at least 0."""
    value = _read(text.encode())
    return value if value is not None and value >= 0 else None


def numbers_fit(ours: bytes, theirs: bytes, *, absolute: float | None, relative: float | None) -> bool | None:
    """Whether the absolute or the relative error of `ours` is within its tolerance; either alone is enough.

    This is the rule of Kattis and of testlib.

    Args:
        ours: Token of the output.
        theirs: Token of the answer.
        absolute: Largest absolute error, None for none allowed.
        relative: Largest error as a share of the answer's absolute value, None for none allowed.

    Returns:
        None where `theirs` is no number, so that the two are to be compared as text.
    """
    wanted = _read(theirs)
    if wanted is None:
        return None
    value = _read(ours)
    if value is None:
        return False
    error = abs(value - wanted)
    bound = max(absolute or 0.0, (relative or 0.0) * abs(wanted))
    if error <= bound:
        return True
    rounding = (abs(value) + abs(wanted) + bound) * _ROUNDING
    return error - rounding <= bound and _fit_exactly(ours, theirs, absolute, relative)


def _read(token: bytes) -> float | None:
    if len(token) > _LONGEST_NUMBER or not _NUMBER.fullmatch(token):
        return None
    value = float(token)
    underflown = value == 0 and _NOT_ZERO.match(token) is not None
    return None if underflown or math.isinf(value) else value


def _fit_exactly(ours: bytes, theirs: bytes, absolute: float | None, relative: float | None) -> bool:
    try:
        wanted = Decimal(theirs.decode())
        error = abs(_EXACT.subtract(Decimal(ours.decode()), wanted))
        share = _EXACT.multiply(_written(relative), abs(wanted))
    except (InvalidOperation, Overflow):
        return False
    return (absolute is not None and error <= _written(absolute)) or (relative is not None and error <= share)


def _written(tolerance: float | None) -> Decimal:
    """The shortest decimal of a double, which is what was written where the tolerance was stated."""
    return Decimal(repr(tolerance or 0.0))
