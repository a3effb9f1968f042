"""Answers that must be JSON of a given shape. Models pad, fence, explain and break off: read what is certain."""

import json
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from microcoder.llm.failures import excerpt
from microcoder.llm.values import Choice

M = TypeVar("M", bound=BaseModel)

_REASONING_END = "</think>"
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL)


class UnreadableAnswer(Exception):
    """An answer is not of the shape; the message says why, in plain words."""


def read_json(choice: Choice, shape: type[M]) -> M:
    """The answer as `shape`.

    Text around the object, a fence and a reasoning part in front are skipped; the object itself must fit exactly.

    Raises:
        UnreadableAnswer: There is no JSON object in it, or it does not fit `shape`.
    """
    value = _first_object(choice)
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "answer"
        raise UnreadableAnswer(excerpt(f"{where}: {first['msg']}")) from error


def _first_object(choice: Choice) -> Any:
    text = choice.text.rpartition(_REASONING_END)[2]
    if fenced := _FENCE.search(text):
        text = fenced[1]
    start = text.find("{")
    if start < 0:
        raise UnreadableAnswer(f"no JSON object in {excerpt(text, 80)!r}" if text.strip() else "the answer is empty")
    try:
        return json.JSONDecoder(parse_constant=_refuse_constant).raw_decode(text, start)[0]
    except (ValueError, RecursionError) as error:
        cut = "cut off at the token limit" if choice.truncated else excerpt(f"broken JSON, {error}")
        raise UnreadableAnswer(cut) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
