"""Settings as environment variables, to hand them to another process."""

from collections.abc import Iterator
from enum import Enum

from pydantic import BaseModel, SecretStr

from microcoder.config import ENV_PREFIX


def as_environment(settings: BaseModel, groups: frozenset[str]) -> dict[str, str]:
    """The given groups of `settings` as the variables that give the same settings again, secrets included."""
    return {
        f"{ENV_PREFIX}{group}__{name}".upper(): value
        for group in sorted(groups)
        for name, value in _flat(getattr(settings, group))
    }


def _flat(group: BaseModel) -> Iterator[tuple[str, str]]:
    for name in type(group).model_fields:
        value = getattr(group, name)
        if isinstance(value, BaseModel):
            yield from ((f"{name}__{inner}", text) for inner, text in _flat(value))
        elif isinstance(value, SecretStr):
            yield name, value.get_secret_value()
        elif isinstance(value, Enum):
            yield name, str(value.value)
        elif value is not None:
            yield name, str(value)
