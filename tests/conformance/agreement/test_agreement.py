import json
from typing import Any

import pytest

from microcoder.evaluator.domain.items import EvaluationItem, ItemTest
from microcoder.evaluator.domain.records import read_item
from tests.conformance.agreement.matrix import Row, Standing, standing, table
from tests.conformance.agreement.trials import CUT, recorded_test


def item(returns: str = "") -> EvaluationItem:
    function = {
        "metadata": json.dumps({"func_name": "f"}),
        "starter_code": f"class Solution:\n    def f(self, a) -> {returns}:\n        ",
    }
    record = {"question_id": "1", "question_title": "T", "question_content": "S", "platform": "x", "difficulty": "easy"}
    return read_item(json.dumps({**record, **(function if returns else {})}), line=1)


@pytest.mark.parametrize(
    ("details", "returns", "test"),
    [
        ({"inputs": "1\n", "expected": "2\n"}, "", ItemTest(input="1\n", output="2\n")),
        (
            {"inputs": "[[1, 'a'], True]", "expected": "[1]"},
            "List[int]",
            ItemTest(input='[1, "a"]\ntrue', output="[1]"),
        ),
        ({"inputs": "['01']", "expected": "01"}, "str", ItemTest(input='"01"', output='"01"')),
        ({"inputs": f"[1, 2{CUT}", "expected": "1"}, "int", None),
        ({"error": "killed"}, "int", None),
    ],
)
def test_the_failed_test_of_a_grade(details: dict[str, Any], returns: str, test: ItemTest | None) -> None:
    assert recorded_test(details, item(returns)) == test


@pytest.mark.parametrize(
    ("theirs", "decisive", "verdict", "expected"),
    [
        (True, True, "AC", Standing.AGREES),
        (False, False, "WA", Standing.AGREES),
        (False, True, "AC", Standing.FALSE_ACCEPT),
        (False, False, "AC", Standing.UNDECIDED),
        (True, True, "TLE", Standing.FALSE_REJECT),
        (True, True, "IE", Standing.TROUBLE),
    ],
)
def test_standings(theirs: bool, decisive: bool, verdict: str, expected: Standing) -> None:
    assert standing(theirs=theirs, decisive=decisive, verdict=verdict) is expected


def row(platform: str, theirs: bool, verdict: str) -> Row:
    return Row(
        group="graded",
        item="1",
        platform=platform,
        theirs=theirs,
        error="",
        ours=verdict,
        tests=1,
        failed_test="",
        message="",
        cpu_time_ms=0,
        standing=standing(theirs=theirs, decisive=True, verdict=verdict),
    )


def test_the_table_counts_by_platform() -> None:
    lines = table([row("a", True, "AC"), row("a", False, "AC"), row("b", False, "WA")])
    assert lines[2:] == [
        "| a | 1 | 0 | 1 | 0 | 0 | 0 | 50.00% |",
        "| b | 0 | 0 | 0 | 1 | 0 | 0 | 100.00% |",
        "| all | 1 | 0 | 1 | 1 | 0 | 0 | 66.67% |",
    ]
