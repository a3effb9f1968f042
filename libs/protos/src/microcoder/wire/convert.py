"""Dataclasses to proto messages and back, by the names of their fields.

A message mirrors its dataclass: same field names; an enum value `Verdict.AC` is `VERDICT_AC`; a `datetime` is a
`Timestamp`; a tuple is a repeated field; a dict is a map. A field that is absent in the message (no presence, empty
list, unspecified enum) takes the dataclass's default. tests/test_convert.py holds every pair to this.
"""

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

from microcoder.core.errors import InvalidArgument

FieldDescriptor: TypeAlias = Any
"""A field of a message. The stubs of protobuf know two unrelated classes for it."""
M = TypeVar("M", bound=Message)
T = TypeVar("T")


def to_proto(value: Any, message_type: type[M]) -> M:
    """The dataclass instance `value` as a message.

    Raises:
        TypeError: The message lacks a field of the dataclass.
    """
    message = message_type()
    fields = message.DESCRIPTOR.fields_by_name
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if field.name not in fields:
            raise TypeError(f"{message_type.__name__} has no field {field.name}")
        if item is not None:
            _set(message, fields[field.name], item)
    return message


def from_proto(message: Message, cls: type[T]) -> T:
    """`message` as an instance of the dataclass `cls`.

    Raises:
        InvalidArgument: A field without a default is absent, or an enum has a value that this version does not know.
    """
    descriptors = message.DESCRIPTOR.fields_by_name
    hints = _hints(cls)  # type: ignore[arg-type]
    values = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        descriptor = descriptors[field.name]
        if _absent(message, descriptor) and _has_default(field):
            continue
        values[field.name] = _get(message, descriptor, hints[field.name])
    return cls(**values)


def _set(message: Message, descriptor: FieldDescriptor, item: Any) -> None:
    name = descriptor.name
    if isinstance(item, Mapping):
        getattr(message, name).update(item)
    elif isinstance(item, tuple):
        getattr(message, name).extend(_scalar(descriptor, part) for part in item)
    elif isinstance(item, datetime):
        getattr(message, name).FromDatetime(item)
    elif dataclasses.is_dataclass(item):
        getattr(message, name).CopyFrom(_scalar(descriptor, item))
    else:
        setattr(message, name, _scalar(descriptor, item))


def _scalar(descriptor: FieldDescriptor, item: Any) -> Any:
    if isinstance(item, StrEnum):
        return descriptor.enum_type.values_by_name[_enum_prefix(type(item)) + item.name].number
    if dataclasses.is_dataclass(item):
        return to_proto(item, descriptor.message_type._concrete_class)
    return item


def _get(message: Message, descriptor: FieldDescriptor, hint: Any) -> Any:
    value = getattr(message, descriptor.name)
    origin = get_origin(hint)
    if origin is dict:
        return dict(value)
    if origin is tuple:
        return tuple(_plain(descriptor, part, get_args(hint)[0]) for part in value)
    if origin in (Union, types.UnionType):
        if _absent(message, descriptor):
            return None
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    elif descriptor.message_type is not None and not message.HasField(descriptor.name):
        raise InvalidArgument(f"{descriptor.full_name} is missing", fields={descriptor.name: "is required"})
    return _plain(descriptor, value, hint)


def _plain(descriptor: FieldDescriptor, value: Any, hint: Any) -> Any:
    if hint is datetime:
        return value.ToDatetime(tzinfo=UTC)
    if dataclasses.is_dataclass(hint):
        return from_proto(value, hint)  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(descriptor, value, hint)
    return value


def _enum(descriptor: FieldDescriptor, number: int, hint: type[StrEnum]) -> StrEnum:
    known = descriptor.enum_type.values_by_number.get(number)
    name = known.name.removeprefix(_enum_prefix(hint)) if known else ""
    if name not in hint.__members__:
        raise InvalidArgument(
            f"{descriptor.full_name} has the value {number}, which is not one of {', '.join(hint.__members__)}",
            fields={descriptor.name: "unknown or unspecified value"},
        )
    return hint[name]


def _absent(message: Message, descriptor: FieldDescriptor) -> bool:
    if descriptor.is_repeated:
        return len(getattr(message, descriptor.name)) == 0
    if descriptor.has_presence:
        return not message.HasField(descriptor.name)
    return bool(getattr(message, descriptor.name) == descriptor.default_value)


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def _enum_prefix(cls: type[StrEnum]) -> str:
    return "".join("_" + c if c.isupper() and i else c for i, c in enumerate(cls.__name__)).upper() + "_"
