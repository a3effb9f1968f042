import json
from datetime import UTC, datetime
from typing import Any

import pytest

from microcoder.core.problem import IoMode, ValueKind
from microcoder.evaluator.domain.items import DatasetError, ItemTest, task_of
from microcoder.evaluator.domain.records import read_item

RECORD = {
    "question_title": "Sum",
    "question_content": "Print the sum.",
    "platform": "AtCoder",
    "question_id": "abc300_a",
    "contest_id": "abc300",
    "contest_date": "2024-05-01T12:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]),
    "private_test_cases": "",
    "metadata": "{}",
}


def line(**changes: Any) -> str:
    return json.dumps({**RECORD, **changes})


def test_a_stdin_item() -> None:
    item = read_item(line(), line=1)
    assert (item.id, item.platform, item.level) == ("abc300_a", "atcoder", "easy")
    assert item.published == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert item.function is None
    assert item.public_tests == (ItemTest(input="1 2\n", output="3\n"),)


@pytest.mark.parametrize(
    ("starter", "entry"),
    [("class Solution:\n    def add(self, a):\n        ", "Solution.add"), ("def add(a):\n    ", "add"), ("", "add")],
)
def test_metadata_decides_on_a_function_call(starter: str, entry: str) -> None:
    tests = json.dumps([{"input": "1", "output": "2", "testtype": "stdin"}])  # testtype lies, as it may
    item = read_item(line(metadata='{"func_name": "add"}', starter_code=starter, public_test_cases=tests), line=1)
    assert item.function is not None
    assert item.function.entry == entry
    assert task_of(item).io_mode is IoMode.FUNCTION


def test_public_tests_are_shown_only_where_the_statement_does_not() -> None:
    assert [sample.input for sample in task_of(read_item(line(), line=1)).samples] == ["1 2\n"]
    shown = line(question_content="Print the sum.\n\nSample Input 1\n\n1  2\n\nSample Output 1\n\n3")
    assert task_of(read_item(shown, line=1)).samples == ()


def test_absent_tests_metadata_and_numbers_as_ids_are_read() -> None:
    item = read_item(line(public_test_cases=None, metadata=None, question_id=2777, contest_date=None), line=1)
    assert (item.id, item.published, item.has_tests) == ("2777", None, False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 3: is not JSON"),
        ("[]", "line 3: must be an object"),
        (line(question_id=""), "line 3, field question_id: is missing"),
        (line(question_id=True), "field question_id: must be text, not bool"),
        (line(question_content=None), "field question_content: is missing"),
        (line(platform=["x"]), "field platform: must be text, not list"),
        (line(contest_date="last May"), "field contest_date: is not an ISO 8601 date"),
        (line(public_test_cases="{"), "field public_test_cases: is not JSON"),
        (line(public_test_cases='["a"]'), "field public_test_cases: test 1 must be an object"),
        (line(public_test_cases='[{"input": 1, "output": "2"}]'), "test 1: input must be text, not int"),
        (line(metadata="[]"), "field metadata: must be a JSON object"),
        (line(metadata='{"func_name": 3}'), "field metadata: func_name must be text"),
        (line(private_test_cases=7), "field private_test_cases: must be text, not int"),
        (line(input_output="x"), "field input_output: must be a list"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(text: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        read_item(text, line=3)


def test_tests_written_as_calls() -> None:
    calls = [
        {"input": "nums = [1, 2], k = -3", "output": "[True, None, 'a\"b']"},
        {"input": "root = [1,null,2], k = true", "output": "[null]"},
        {"input": "nums = [1], k = 1", "output": "Error: list index out of range"},
        {"input": "nums = list(range(3)), k = 1", "output": "1"},
        {"input": "nums = [1], k = 1", "output": "inf"},
        {"input": "", "output": "1"},
        {"input": "x = __import__('os').getpid()", "output": "1"},
    ]
    record = {**RECORD, "entry_point": "Solution().find", "starter_code": "class Solution:", "input_output": calls}
    item = read_item(json.dumps({**record, "public_test_cases": None}), line=1)
    assert item.function is not None
    assert item.function.entry == "Solution.find"
    assert item.public_tests == (
        ItemTest(input="[1, 2]\n-3", output='[true, null, "a\\"b"]'),
        ItemTest(input="[1, null, 2]\ntrue", output="[null]"),
    )


def test_text_results_stand_bare() -> None:
    outputs = ["ab", "23451", '"a b"', "Error: list index out of range", "Execution timed out", "None", "it's"]
    calls = [{"input": "n = 1", "output": output} for output in outputs]
    starter = "class Solution:\n    def find(self, n: int) -> str:\n        "
    record = {**RECORD, "entry_point": "Solution().find", "starter_code": starter, "input_output": calls}
    item = read_item(json.dumps({**record, "public_test_cases": None}), line=1)
    assert [json.loads(test.output) for test in item.public_tests] == ["ab", "23451", "a b", "it's"]


def test_starter_code_gives_the_kinds_of_values() -> None:
    starter = "class Solution:\n    def f(self, root: Optional[TreeNode], k: int) -> int:\n        "
    item = read_item(line(metadata='{"func_name": "f"}', starter_code=starter), line=1)
    assert item.function is not None
    assert item.function.parameters == (ValueKind.BINARY_TREE, ValueKind.JSON)
    with pytest.raises(DatasetError, match="field starter_code: values of type"):
        read_item(line(metadata='{"func_name": "f"}', starter_code=starter.replace("TreeNode", "PolyNode")), line=1)
