"""One line of the data set to one item."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from microcoder.core.functions import function_spec, returns_text
from microcoder.core.problem import FunctionSpec
from microcoder.evaluator.domain.calls import tests_of_calls
from microcoder.evaluator.domain.encoding import tests_of
from microcoder.evaluator.domain.items import DatasetError, EvaluationItem, ItemTest


def read_item(text: str, *, line: int) -> EvaluationItem:
    """The item on one line.

    Two shapes are known: LiveCodeBench's, where `metadata` decides between function call and standard input, and
    LiveCodeBench items joined with LeetCodeDataset's tests (`entry_point` and `input_output`).

    Raises:
        DatasetError: Naming the line, the field and what is wrong with it.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"line {line}: is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise DatasetError(f"line {line}: must be an object, not {type(record).__name__}")
    return _Fields(record, line).item()


class _Fields:
    """The fields of one record, with errors that name them."""

    def __init__(self, record: Mapping[str, Any], line: int) -> None:
        self._record = record
        self._line = line

    def item(self) -> EvaluationItem:
        return EvaluationItem(
            line=self._line,
            id=self._identifier("question_id"),
            title=self._text("question_title"),
            statement=self._text("question_content"),
            platform=self._platform(),
            level=self._text("difficulty").lower(),
            published=self._date("contest_date"),
            function=self._function(),
            public_tests=self._tests("public_test_cases") + self._call_tests("input_output"),
            encoded_tests=self._optional_text("private_test_cases"),
        )

    def _platform(self) -> str:
        # LeetCodeDataset, whose shape `entry_point` belongs to, holds LeetCode's problems only and does not say so.
        if self._record.get("platform") is None and "entry_point" in self._record:
            return "leetcode"
        return self._text("platform").lower()

    def _function(self) -> FunctionSpec | None:
        name, starter = self._function_name(), self._optional_text("starter_code")
        try:
            return function_spec(starter, name=name, statement=self._text("question_content")) if name else None
        except ValueError as error:
            raise self._wrong("starter_code", str(error)) from error

    def _function_name(self) -> str:
        if entry_point := self._optional_text("entry_point"):
            return entry_point.rpartition(".")[2]
        metadata = self._json("metadata")
        if metadata is None:
            return ""
        if not isinstance(metadata, dict):
            raise self._wrong("metadata", f"must be a JSON object, not {type(metadata).__name__}")
        name = metadata.get("func_name") or ""
        if not isinstance(name, str):
            raise self._wrong("metadata", "func_name must be text")
        return name

    def _tests(self, name: str) -> tuple[ItemTest, ...]:
        value = self._json(name)
        try:
            return () if value is None else tests_of(value)
        except DatasetError as error:
            raise self._wrong(name, str(error)) from error

    def _call_tests(self, name: str) -> tuple[ItemTest, ...]:
        value = self._record.get(name)
        try:
            return () if value is None else tests_of_calls(value, text_results=self._returns_text())
        except DatasetError as error:
            raise self._wrong(name, str(error)) from error

    def _returns_text(self) -> bool:
        return returns_text(self._optional_text("starter_code"), name=self._function_name())

    def _json(self, name: str) -> Any:
        """A field that holds JSON as text; some copies hold the value itself."""
        value = self._record.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else None
        except (ValueError, RecursionError) as error:
            raise self._wrong(name, f"is not JSON: {error}") from error

    def _date(self, name: str) -> datetime | None:
        text = self._optional_text(name)
        if not text:
            return None
        try:
            date = datetime.fromisoformat(text)
        except ValueError as error:
            raise self._wrong(name, f"is not an ISO 8601 date: {text[:40]!r}") from error
        return date if date.tzinfo else date.replace(tzinfo=UTC)

    def _identifier(self, name: str) -> str:
        value = self._record.get(name)
        return str(value) if type(value) is int else self._text(name)

    def _text(self, name: str) -> str:
        text = self._optional_text(name)
        if not text.strip():
            raise self._wrong(name, "is missing or empty")
        return text

    def _optional_text(self, name: str) -> str:
        value = self._record.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, f"must be text, not {type(value).__name__}")
        return value or ""

    def _wrong(self, name: str, problem: str) -> DatasetError:
        return DatasetError(f"line {self._line}, field {name}: {problem}")
