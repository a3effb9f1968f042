"""Settings as environment variables, to hand them to another process."""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

from pydantic import BaseModel, SecretStr

from microcoder.config import ENV_PREFIX
from microcoder.trainer.settings import TrainerServiceSettings

_FOR_PODS = ("store", "channel", "endpoints", "log", "trainer")
_NOT_FOR_PODS = (
    "ENDPOINTS__", "TRAINER__KUBERNETES__", "TRAINER__LAUNCHER", "TRAINER__PYTHON", "TRAINER__MAX_CONCURRENT",
    "TRAINER__POLL_S", "TRAINER__STOP_GRACE_S", "TRAINER__RUNS_DIR",
)  # fmt: skip
"""What a pod must not have, or gets another value of; of the endpoints it needs the judge's alone."""


def as_environment(settings: BaseModel, groups: frozenset[str]) -> dict[str, str]:
    """The given groups of `settings` as the variables that give the same settings again, secrets included."""
    return {
        f"{ENV_PREFIX}{group}__{name}".upper(): _text(value)
        for group in sorted(groups)
        for name, value in _flat(getattr(settings, group))
        if value is not None
    }


def pod_environment(settings: TrainerServiceSettings) -> dict[str, str]:
    """What a training pod is told in its manifest: settings that differ from their defaults, and no secret."""
    found = {f"{ENV_PREFIX}ENDPOINTS__JUDGE": settings.endpoints.judge}
    for group in _FOR_PODS:
        usual = dict(_flat(type(getattr(settings, group))()))
        for name, value in _flat(getattr(settings, group)):
            variable = f"{group}__{name}".upper()
            if value in (None, usual[name]) or isinstance(value, SecretStr) or variable.startswith(_NOT_FOR_PODS):
                continue
            found[ENV_PREFIX + variable] = _text(value)
    return found


def _flat(group: BaseModel) -> Iterator[tuple[str, Any]]:
    for name in type(group).model_fields:
        value = getattr(group, name)
        if isinstance(value, BaseModel):
            yield from ((f"{name}__{inner}", item) for inner, item in _flat(value))
        else:
            yield name, value


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (dict, tuple, list)):
        return json.dumps(value)
    return str(value)
