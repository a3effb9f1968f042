"""Holds every dataclass of the core to the message that mirrors it."""

import dataclasses
import importlib
import pkgutil
from datetime import UTC, datetime
from enum import StrEnum
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import microcoder.core
import microcoder.v1
from microcoder.core.difficulty import CalibrationSpec
from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, CheckerKind, Limits
from microcoder.v1 import difficulty_pb2, problem_pb2
from microcoder.wire import from_proto, to_proto


def modules(package: ModuleType) -> list[ModuleType]:
    return [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]


def classes_with_a_message() -> list[tuple[type, Any]]:
    messages = {
        name: getattr(module, name)
        for module in modules(microcoder.v1)
        if hasattr(module, "DESCRIPTOR")
        for name in module.DESCRIPTOR.message_types_by_name
    }
    values = {
        item.__name__: item
        for module in modules(microcoder.core)
        for item in vars(module).values()
        if isinstance(item, type) and dataclasses.is_dataclass(item)
    }
    return [(values[name], messages[name]) for name in sorted(values.keys() & messages.keys())]


def example(hint: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return (example(args[0]), example(args[0]))
    if origin is dict:
        return {"a/b.c": example(args[1])}
    if args:
        return example(args[0])
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{f.name: example(hints[f.name]) for f in dataclasses.fields(hint)})  # type: ignore[operator]
    if issubclass(hint, StrEnum):
        return list(hint)[-1]
    moment = datetime(2026, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)
    return {str: "text", bytes: b"\x00\xff", int: 7, float: 0.5, bool: True, datetime: moment}[hint]


@pytest.mark.parametrize(("cls", "message"), classes_with_a_message(), ids=lambda item: item.__name__)
def test_every_value_survives_the_way_there_and_back(cls: type, message: Any) -> None:
    value = example(cls)
    sent = message.FromString(to_proto(value, message).SerializeToString())
    assert from_proto(sent, cls) == value


@pytest.mark.parametrize(("cls", "message"), classes_with_a_message(), ids=lambda item: item.__name__)
def test_messages_have_the_same_fields(cls: type, message: Any) -> None:
    assert list(message.DESCRIPTOR.fields_by_name) == [field.name for field in dataclasses.fields(cls)]


def test_the_pairs_are_found() -> None:
    assert len(classes_with_a_message()) > 30


def test_absent_fields_take_the_defaults_and_zero_stays_zero() -> None:
    assert from_proto(problem_pb2.Limits(), Limits) == Limits()
    assert from_proto(difficulty_pb2.CalibrationSpec(temperature=0.0), CalibrationSpec).temperature == 0.0
    assert from_proto(difficulty_pb2.CalibrationSpec(), CalibrationSpec).temperature == 0.8


def test_unknown_enum_value_is_refused_in_plain_words() -> None:
    with pytest.raises(InvalidArgument, match="not one of EXACT, TOKENS, CUSTOM"):
        from_proto(problem_pb2.Checker(kind=99), Checker)  # type: ignore[arg-type]


def test_unspecified_enum_takes_the_default() -> None:
    assert from_proto(problem_pb2.Checker(), Checker).kind is CheckerKind.TOKENS
