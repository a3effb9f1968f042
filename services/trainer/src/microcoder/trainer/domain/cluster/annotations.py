"""Specifications as JSON text in annotations, and back from whatever a person wrote there."""

import dataclasses
import json
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_type_hints

from microcoder.core.errors import InvalidArgument

T = TypeVar("T")


def to_json(value: Any) -> str:
    """A flat dataclass as JSON: every field that has no default, and those that differ from theirs."""
    said = {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != field.default
    }
    return json.dumps(said)


def from_json(text: str, cls: type[T], what: str) -> T:
    """The reverse of `to_json`.

    Args:
        text: Untrusted.
        cls: A flat dataclass.
        what: Where it comes from, for the message.

    Raises:
        InvalidArgument: It is not JSON, a field is unknown, missing, or has the wrong kind of value.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"{what} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise InvalidArgument(f"{what} must be a JSON object")
    hints = get_type_hints(cls)
    unknown = sorted(given.keys() - hints.keys())
    if unknown:
        raise InvalidArgument(f"{what} has no field {', '.join(unknown)[:200]}; known are {', '.join(hints)}")
    values = {name: _value(item, hints[name], f"{what}: {name}") for name, item in given.items()}
    try:
        return cls(**values)
    except TypeError as error:
        raise InvalidArgument(f"{what} lacks a field: {error}") from error


def _value(item: Any, hint: Any, where: str) -> Any:
    kinds = get_args(hint) or (hint,)
    if item is None and type(None) in kinds:
        return None
    kind = kinds[0]
    if issubclass(kind, StrEnum):
        if item not in [member.value for member in kind]:
            raise InvalidArgument(f"{where} must be one of {', '.join(kind)}")
        return kind(item)
    if kind is float and isinstance(item, int) and not isinstance(item, bool):
        return float(item)
    if type(item) is not kind:
        raise InvalidArgument(f"{where} must be {'text' if kind is str else 'a number'}")
    return item
