"""Tests written as Python calls, as LeetCodeDataset has them: `nums = [1, 2], k = 3` and a Python value.

The values are Python's, but for trees LeetCode's own `null` stands in between, and results that are text stand bare.
"""

import ast
import json
from typing import Any

from microcoder.evaluator.domain.items import DatasetError, ItemTest

_CONSTANTS = {"null": None, "true": True, "false": False}
_FAILURES = ("Execution timed out", "None")
"""What stands in place of a result where the data set's own run failed, beside `Error: …`."""


def tests_of_calls(value: Any, *, text_results: bool) -> tuple[ItemTest, ...]:
    """Tests from a list of `{input, output}` in Python's words, as one JSON argument a line and one JSON value.

    Tests that are no plain values (an error's text in place of an output, an expression as input, `inf`) are left
    out: they say nothing about a program.

    Args:
        value: The list.
        text_results: The function returns text: a result without quotation marks is taken as it stands.

    Raises:
        DatasetError: It is no list of such objects.
    """
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise DatasetError("must be a list of objects with input and output")
    tests = []
    for entry in value:
        try:
            tests.append(_test(entry.get("input"), entry.get("output"), text_results))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return tuple(tests)


def _test(call: Any, result: Any, is_text: bool) -> ItemTest:
    if not isinstance(call, str) or not isinstance(result, str):
        raise TypeError("input and output must be text")
    parsed = ast.parse(f"f({call})", mode="eval").body
    if not isinstance(parsed, ast.Call) or not (parsed.args or parsed.keywords):
        raise ValueError("no arguments")
    arguments = [*parsed.args, *(keyword.value for keyword in parsed.keywords)]
    output = _text(result) if is_text else _json(_expression(result))
    return ItemTest(input="\n".join(_json(argument) for argument in arguments), output=output)


def _expression(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _text(result: str) -> str:
    if result in _FAILURES or result.startswith("Error: "):
        raise ValueError("no result")
    return _json(_expression(result)) if result.strip()[:1] in ("'", '"') else json.dumps(result)


def _json(expression: ast.expr) -> str:
    return json.dumps(ast.literal_eval(_JsonNames().visit(expression)), allow_nan=False)


class _JsonNames(ast.NodeTransformer):
    """JSON's names for Python's."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_CONSTANTS[node.id]) if node.id in _CONSTANTS else node
