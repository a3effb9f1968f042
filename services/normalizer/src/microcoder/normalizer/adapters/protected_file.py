"""The statements of evaluation sets, from a file of JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.normalizer.domain.contamination import ProtectedTexts

_NAME_FIELDS = ("id", "question_id", "task_id", "title")
_TEXT_FIELDS = ("statement", "question_content", "text")


def read_protected(path: Path) -> ProtectedTexts:
    """Reads one statement a line: an object with a `statement` (or `question_content`, or `text`) and an `id`.

    Raises:
        InvalidArgument: The file cannot be read, or a line is something else.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            return ProtectedTexts(_texts(lines, path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"the file of protected statements {path} cannot be read: {error}") from error


def _texts(lines: Any, path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            text = next(item[field] for field in _TEXT_FIELDS if field in item)
            yield str(next((item[field] for field in _NAME_FIELDS if field in item), number)), str(text)
        except (ValueError, TypeError, StopIteration) as error:
            fields = " or ".join(_TEXT_FIELDS)
            raise InvalidArgument(f"{path}, line {number}: not an object with {fields}") from error
