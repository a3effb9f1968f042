"""Core records to MongoDB documents and back.

A document holds the record's fields by name, `id` as `_id`, and beside them `schema_version` and, while it has unsent
ones, `outbox`. Reading ignores fields it does not know, because a newer version may have written them: adding a field
with a default keeps the version. A change that older readers would misread takes a new `schema_version`, and they
refuse it. Times are cut to milliseconds, which is what BSON keeps.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args

from cattrs import Converter
from cattrs.cols import is_mapping
from cattrs.errors import BaseValidationError
from cattrs.preconf.bson import configure_converter
from cattrs.v import transform_error

from microcoder.core.errors import FailedPrecondition, InvalidArgument

T = TypeVar("T")
Document = dict[str, Any]

SCHEMA_VERSION = "schema_version"
OUTBOX = "outbox"

_ESCAPES = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}
_UNESCAPES = {code: char for char, code in _ESCAPES.items()}


def escape_key(key: str) -> str:
    """A dict's key as a field name: `.` and `$` mean paths and operators to MongoDB, NUL ends a name."""
    return "".join(_ESCAPES.get(char, char) for char in key) if any(c in key for c in _ESCAPES) else key


def unescape_key(name: str) -> str:
    """The reverse of `escape_key`."""
    head, *parts = name.split("%")
    return head + "".join(_UNESCAPES[f"%{part[:2]}"] + part[2:] for part in parts)


class Codec(Generic[T]):
    """Converts the records of one type.

    Args:
        record_type: A dataclass of the core with a field `id`.
        schema_version: What this code writes, and the newest that it can read.
    """

    def __init__(self, record_type: type[T], *, schema_version: int = 1) -> None:
        self.record_type = record_type
        self.schema_version = schema_version
        self.fields = frozenset(f.name for f in dataclasses.fields(record_type))  # type: ignore[arg-type]

    def encode(self, record: T) -> Document:
        """The document, without outbox."""
        if type(record) is not self.record_type:
            raise InvalidArgument(f"Expected a {self.record_type.__name__}, got a {type(record).__name__}.")
        fields: Document = _CONVERTER.unstructure(record)
        return {"_id": fields.pop("id"), SCHEMA_VERSION: self.schema_version, **fields}

    def decode(self, document: Mapping[str, Any]) -> T:
        """The record.

        Raises:
            FailedPrecondition: A newer version of this software wrote it, or it does not have the record's form.
        """
        version = document.get(SCHEMA_VERSION, 1)
        if version > self.schema_version:
            raise FailedPrecondition(
                f"{self._name(document)} has schema version {version}, this software reads up to "
                f"{self.schema_version}. Upgrade it.",
                reason="NEWER_SCHEMA",
            )
        try:
            return _CONVERTER.structure({**document, "id": document["_id"]}, self.record_type)
        except (BaseValidationError, KeyError, ValueError, TypeError) as error:
            problems = "; ".join(transform_error(error)) if isinstance(error, BaseValidationError) else repr(error)
            raise FailedPrecondition(
                f"{self._name(document)} cannot be read as stored: {problems[:500]}. "
                "A newer version may have written it; upgrade, or repair the document.",
                reason="UNREADABLE_RECORD",
            ) from error

    def _name(self, document: Mapping[str, Any]) -> str:
        return f"{self.record_type.__name__} {document.get('_id')!r}"


def to_bson(value: Any) -> Any:
    """A single value as it lies in documents."""
    return _CONVERTER.unstructure(value)


def _converter() -> Converter:
    converter = Converter()
    configure_converter(converter)
    converter.register_unstructure_hook_factory(is_mapping, lambda cl: _mapping_encoder(converter, cl))
    converter.register_structure_hook_factory(is_mapping, lambda cl: _mapping_decoder(converter, cl))
    converter.register_unstructure_hook(datetime, _encode_time)
    for kind, stored in ((str, str), (bool, bool), (int, int), (float, (int, float))):
        converter.register_structure_hook(kind, _strict(stored))
    return converter


def _mapping_encoder(converter: Converter, cl: Any) -> Any:
    encode = converter.get_unstructure_hook(_value_type(cl))
    return lambda mapping: {escape_key(key): encode(value) for key, value in mapping.items()}


def _mapping_decoder(converter: Converter, cl: Any) -> Any:
    value_type = _value_type(cl)
    decode = converter.get_structure_hook(value_type)
    return lambda mapping, _: {unescape_key(key): decode(value, value_type) for key, value in mapping.items()}


def _value_type(mapping_type: Any) -> Any:
    return get_args(mapping_type)[1] if get_args(mapping_type) else Any


def _strict(stored: type[Any] | tuple[type[Any], ...]) -> Callable[[Any, type[Any]], Any]:
    """Reads plain values, and enumerations of them, only from their own kind: not a string from whatever is there."""

    def decode(value: Any, kind: type[Any]) -> Any:
        if not isinstance(value, stored) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return kind(value)

    return decode


def _encode_time(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise InvalidArgument(f"The time {value.isoformat()} has no time zone; use microcoder.core.clock.utc_now().")
    return value


_CONVERTER = _converter()
