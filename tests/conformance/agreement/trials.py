"""Programs that somebody else has graded, with tests to grade them by.

Whether a rejected program must fail here depends on the tests: LiveCodeBench publishes the hidden test that a program
failed on with its grade, if it is not too long.
"""

import ast
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microcoder.evaluator.domain.items import EvaluationItem, ItemTest
from microcoder.evaluator.domain.records import read_item

CUT = "...(truncated)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One program to grade."""

    group: str
    """Which question it answers, a key of `GROUPS`."""
    item: EvaluationItem
    code: str
    tests: tuple[ItemTest, ...]
    theirs: bool
    """Whether the other grader accepts it."""
    error: str = ""
    """Why it does not, in its words."""
    decisive: bool = True
    """Whether the tests hold the one that it failed on."""


GROUPS = {
    "graded": "A model's programs with LiveCodeBench's grade, on public tests and the hidden one that failed",
    "graded-dataset": "The same programs, on the tests that LeetCodeDataset has for these problems",
    "references": "Reference programs of LiveCodeBench's LeetCode items",
    "leetcode-dataset": "Reference programs of LeetCodeDataset's test split",
}


def trials(data: Path, groups: list[str]) -> Iterator[Trial]:
    """The programs of `groups` in the folder `data`.

    Raises:
        FileNotFoundError: A file is not there.
    """
    lcb = data / "lcb"
    if {"graded", "graded-dataset", "references"} & set(groups):
        hidden = {
            str(record["question_id"]): record for record in _records(lcb / "lcb_leetcode_280_hidden_tests.jsonl.gz")
        }
        if "references" in groups:
            yield from map(_reference, hidden.values())
        graded = {
            str(record["question_id"]): record for record in _records(lcb / "o1_mini_880_outputs_graded.jsonl.gz")
        }
        for record in _records(lcb / "lcb_1055_problems.jsonl.gz"):
            grade = graded.get(str(record["question_id"]))
            if grade is None:
                continue
            if "graded" in groups:
                yield _graded(record, grade)
            if "graded-dataset" in groups and str(record["question_id"]) in hidden:
                yield _on_dataset(hidden[str(record["question_id"])], grade)
    if "leetcode-dataset" in groups:
        yield from map(_of_dataset, _records(data / "leetcode" / "LeetCodeDataset-v0.3.1-test.jsonl.gz"))


def _reference(record: dict[str, Any]) -> Trial:
    item = read_item(json.dumps(record), line=1)
    code = record["reference_solution"]
    return Trial(group="references", item=item, code=code, tests=item.public_tests, theirs=record["reference_passes"])


def _graded(record: dict[str, Any], grade: dict[str, Any]) -> Trial:
    item = read_item(json.dumps(record), line=1)
    details = json.loads(grade["metadata"][0])
    failed = recorded_test(details, item) if not grade["graded_list"][0] else None
    return Trial(
        group="graded",
        item=item,
        code=grade["code_list"][0],
        tests=(*((failed,) if failed else ()), *item.public_tests),
        theirs=grade["graded_list"][0],
        error=str(details.get("error_message", "")),
        decisive=failed is not None,
    )


def _on_dataset(record: dict[str, Any], grade: dict[str, Any]) -> Trial:
    item = read_item(json.dumps(record), line=1)
    return Trial(
        group="graded-dataset",
        item=item,
        code=grade["code_list"][0],
        tests=read_item(json.dumps({**record, "public_test_cases": None}), line=1).public_tests,
        theirs=grade["graded_list"][0],
        error=str(json.loads(grade["metadata"][0]).get("error_message", "")),
    )


def _of_dataset(record: dict[str, Any]) -> Trial:
    fields = {
        "question_id": record["task_id"],
        "question_title": record["task_id"],
        "question_content": record["problem_description"],
        "difficulty": record["difficulty"],
    }
    item = read_item(json.dumps({**record, **fields}), line=1)
    return Trial(group="leetcode-dataset", item=item, code=record["completion"], tests=item.public_tests, theirs=True)


def recorded_test(details: dict[str, Any], item: EvaluationItem) -> ItemTest | None:
    """The test that a grade says the program failed on; None where it is not told, or cut."""
    given, wanted = details.get("inputs"), details.get("expected")
    if not isinstance(given, str) or not isinstance(wanted, str) or CUT in given or CUT in wanted:
        return None
    if item.function is None:
        return ItemTest(input=given, output=wanted)
    try:
        lines = [json.dumps(argument) for argument in ast.literal_eval(given)]
    except (ValueError, SyntaxError, TypeError):
        return None
    return ItemTest(input="\n".join(lines), output=_result(wanted, is_text="-> str" in item.function.starter_code))


def _result(wanted: str, *, is_text: bool) -> str:
    """Grades show results as Python prints them: text bare."""
    if not is_text:
        try:
            return json.dumps(ast.literal_eval(wanted))
        except (ValueError, SyntaxError):
            pass
    return json.dumps(wanted)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
