"""Tests written as Python calls, as LeetCodeDataset has them: `nums = [1, 2], k = 3` and a Python value."""

import ast
import json
from typing import Any

from microcoder.evaluator.domain.items import DatasetError, ItemTest


def tests_of_calls(value: Any) -> tuple[ItemTest, ...]:
    """Tests from a list of `{input, output}` in Python's words, as one JSON argument a line and one JSON value.

    Tests that are no plain values (an error's text in place of an output, an expression as input, `inf`) are left
    out: they say nothing about a program.

    Raises:
        DatasetError: It is no list of such objects.
    """
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise DatasetError("must be a list of objects with input and output")
    tests = []
    for entry in value:
        try:
            tests.append(_test(entry.get("input"), entry.get("output")))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return tuple(tests)


def _test(call: Any, result: Any) -> ItemTest:
    if not isinstance(call, str) or not isinstance(result, str):
        raise TypeError("input and output must be text")
    parsed = ast.parse(f"f({call})", mode="eval").body
    if not isinstance(parsed, ast.Call) or not (parsed.args or parsed.keywords):
        raise ValueError("no arguments")
    arguments = [*parsed.args, *(keyword.value for keyword in parsed.keywords)]
    lines = [_json(ast.literal_eval(argument)) for argument in arguments]
    return ItemTest(input="\n".join(lines), output=_json(ast.literal_eval(result)))


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
