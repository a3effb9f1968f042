"""Results of function calls: read strictly, compared by value.

The rules: lists equal tuples (JSON knows no other), `true` is not `1`, an integer equals a float of the same value,
numbers that are not whole agree within a tolerance at any depth, strings and keys must be equal, `NaN` equals `NaN`.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from microcoder.core.problem import ValueKind

ABSOLUTE_TOLERANCE = 1e-5
"""Where the problem states none: LeetCode's own, whose answers have five digits after the point."""
RELATIVE_TOLERANCE = 1e-6
"""Where the problem states none."""
_WHOLE_TOLERANCE = 1e-9
"""Of a float in place of a whole number, absolutely: `0.1 * 3 * 10` is 3, but 1e9 + 0.5 is not 1e9."""
_MAX_DIGITS = 4_000
_MAX_DEPTH = 200
_SEPARATORS = (b",", b"[", b"{", b":")
_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TREES = frozenset({ValueKind.BINARY_TREE, ValueKind.NARY_TREE})


class _LongInteger(str):
    """Digits of an integer too long to convert in linear time; compared as text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How results are compared."""

    returns: ValueKind = ValueKind.JSON
    """What the result stands for."""
    unordered_levels: int = 0
    """Levels of lists, from the outermost, whose order does not matter."""
    absolute: float = ABSOLUTE_TOLERANCE
    """Largest absolute error of a number; this or the relative one must hold."""
    relative: float = RELATIVE_TOLERANCE
    """Largest relative error of a number."""
    whole_too: bool = False
    """Whether a float may differ that much from a whole number, too."""


def read_value(text: bytes) -> Any:
    """The JSON value in `text`; `NaN` and `Infinity` are values, as Python writes them.

    Raises:
        ValueError: Not one JSON value, not UTF-8, or nested deeper than 200 levels.
    """
    try:
        value = json.loads(text.decode("utf-8"), parse_int=_integer, parse_constant=_CONSTANTS.__getitem__)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _depth_exceeds(value, _MAX_DEPTH):
        raise ValueError("nested too deeply")
    return value


def same_text(result: bytes, answer: bytes) -> bool:
    """Whether two JSON texts are the same but for blanks: then no value has to be read."""
    return _compact(result) == _compact(answer)


def fits(result: bytes, wanted: Any, rules: Rules) -> bool:
    """Whether the JSON text `result` is the value `wanted`, which `read_value` has read.

    An untrusted text is read only where it has as many separators as `wanted`: so it takes no more memory than that.

    Raises:
        ValueError: As of `read_value`.
    """
    wanted = _canonical(wanted, rules.returns)
    model = json.dumps(wanted).encode()
    if any(result.count(mark) != model.count(mark) for mark in _SEPARATORS):
        return False
    levels = rules.unordered_levels
    return _same(_arranged(read_value(result), levels), _arranged(wanted, levels), rules)


def _same(result: Any, wanted: Any, rules: Rules) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(result, list)
            and len(result) == len(wanted)
            and all(_same(ours, theirs, rules) for ours, theirs in zip(result, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(result, dict)
            and result.keys() == wanted.keys()
            and all(_same(result[key], value, rules) for key, value in wanted.items())
        )
    if _is_number(wanted) and _is_number(result):
        return _same_number(result, wanted, rules)
    return type(result) is type(wanted) and bool(result == wanted)


def _same_number(result: int | float, wanted: int | float, rules: Rules) -> bool:
    if result == wanted or (result != result and wanted != wanted):  # noqa: PLR0124 - both are NaN
        return True
    if isinstance(result, int) and isinstance(wanted, int):
        return False
    try:
        error = abs(float(result) - float(wanted))
    except OverflowError:
        return False
    if isinstance(wanted, int) and not rules.whole_too:
        return error <= _WHOLE_TOLERANCE
    return math.isfinite(error) and (error <= rules.absolute or error <= rules.relative * abs(float(wanted)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _canonical(wanted: Any, kind: ValueKind) -> Any:
    """As the driver writes it: no nodes are an empty list, and a tree ends with its last node."""
    if kind in _TREES or kind is ValueKind.LINKED_LIST:
        nodes = list(wanted) if isinstance(wanted, list) else [] if wanted is None else wanted
        while kind in _TREES and isinstance(nodes, list) and nodes and nodes[-1] is None:
            nodes.pop()
        return nodes
    inner = {ValueKind.LINKED_LISTS: ValueKind.LINKED_LIST, ValueKind.BINARY_TREES: ValueKind.BINARY_TREE}.get(kind)
    return [_canonical(item, inner) for item in wanted] if inner and isinstance(wanted, list) else wanted


def _arranged(value: Any, levels: int) -> Any:
    """With the outer `levels` of lists in one order."""
    if levels <= 0 or not isinstance(value, list):
        return value
    return sorted((_arranged(item, levels - 1) for item in value), key=_order)


def _order(value: Any) -> tuple[Any, ...]:
    """A total order of JSON values: by type first."""
    ranks: tuple[tuple[type, Callable[[Any], Any]], ...] = (
        (type(None), lambda _: 0),
        (bool, int),
        (int, lambda number: number),
        (_LongInteger, str),
        (str, str),
        (list, lambda items: (len(items), [_order(item) for item in items])),
        (dict, lambda members: [(key, _order(member)) for key, member in sorted(members.items())]),
    )
    if isinstance(value, float):
        return (2, value)
    return next((rank, key(value)) for rank, (kind, key) in enumerate(ranks) if isinstance(value, kind))


def _integer(digits: str) -> int | _LongInteger:
    return int(digits) if len(digits) <= _MAX_DIGITS else _LongInteger(digits)


def _compact(text: bytes) -> bytes:
    text = text.strip()
    return text if b'"' in text else text.replace(b", ", b",")


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
