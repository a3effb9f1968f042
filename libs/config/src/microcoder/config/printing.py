"""Settings as TOML or JSON for a person to read, without secrets."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, SecretBytes, SecretStr

from microcoder.config.redaction import REDACTED, is_secret_name, redact_text

Format = Literal["toml", "json"]


def print_config(settings: BaseModel, *, format: Format = "toml") -> str:  # noqa: A002  the user's word for it
    """The effective settings. The TOML form can be used as the file of `MICROCODER_CONFIG` once secrets are filled in.

    Returns:
        Text that ends with a newline. Secrets and credentials inside URLs are replaced; in TOML, which has no null,
        unset values are comments.
    """
    shown = _redact(settings)
    if format == "json":
        return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    return "\n".join(_toml(shown, ())).strip() + "\n"


def _redact(model: BaseModel) -> dict[str, Any]:
    return {name: _shown(name, getattr(model, name)) for name in type(model).model_fields}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _redact(value)
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(name, item) for item in value]
    if isinstance(value, (SecretStr, SecretBytes)) or (is_secret_name(name) and value):
        return REDACTED if value else ""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact_text(str(value))


def _toml(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if path and plain:
        yield f"\n[{'.'.join(_key(part) for part in path)}]"
    for key, value in plain.items():
        yield f"# {_key(key)} is not set" if value is None else f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _toml(value, (*path, key))


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):  # inside a list; elsewhere it is a table
        pairs = (f"{_key(key)} = {_value(item)}" for key, item in value.items() if item is not None)
        return f"{{{', '.join(pairs)}}}"
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
