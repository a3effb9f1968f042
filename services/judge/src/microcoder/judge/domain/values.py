"""Results of function calls: read strictly, compared by value.

The rules: lists equal tuples (JSON knows no other), `true` is not `1`, an integer equals a float of the same value,
floats agree within 1e-9 absolutely or relatively, strings and keys must be equal.
"""

import json
from typing import Any

FLOAT_TOLERANCE = 1e-9
_MAX_DIGITS = 4_000
_MAX_DEPTH = 200


class _LongInteger(str):
    """Digits of an integer too long to convert in linear time; compared as text."""

    __slots__ = ()


def read_value(text: bytes) -> Any:
    """The JSON value in `text`.

    Raises:
        ValueError: Not one JSON value, not UTF-8, or nested deeper than 200 levels.
    """
    try:
        value = json.loads(text.decode("utf-8"), parse_int=_integer, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _depth_exceeds(value, _MAX_DEPTH):
        raise ValueError("nested too deeply")
    return value


def same_value(result: Any, wanted: Any, *, tolerance: float = FLOAT_TOLERANCE) -> bool:
    """Whether two values read by `read_value` are equal in the sense of this module."""
    if isinstance(wanted, list):
        return (
            isinstance(result, list)
            and len(result) == len(wanted)
            and all(same_value(ours, theirs, tolerance=tolerance) for ours, theirs in zip(result, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(result, dict)
            and result.keys() == wanted.keys()
            and all(same_value(result[key], value, tolerance=tolerance) for key, value in wanted.items())
        )
    if _is_number(wanted) and _is_number(result):
        return _same_number(result, wanted, tolerance)
    return type(result) is type(wanted) and bool(result == wanted)


def _same_number(result: int | float, wanted: int | float, tolerance: float) -> bool:
    if result == wanted:
        return True
    if isinstance(result, int) and isinstance(wanted, int):
        return False
    try:
        error = abs(float(result) - float(wanted))
        return error <= tolerance or error <= tolerance * abs(float(wanted))
    except OverflowError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(digits: str) -> int | _LongInteger:
    return int(digits) if len(digits) <= _MAX_DIGITS else _LongInteger(digits)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _depth_exceeds(value: Any, limit: int) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limit:
            return True
        level = [
            child
            for item in level
            if isinstance(item, list | dict)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, list | dict)
        ]
    return False
