"""Whether a specification makes sense, before anything is started."""

import math
import re

from microcoder.core.errors import InvalidArgument
from microcoder.core.training import Placement, TrainingSpec

_RANGES: dict[str, tuple[int, int]] = {
    "max_steps": (1, 1_000_000),
    "prompts_per_step": (1, 4_096),
    "group_size": (2, 256),
    "max_prompt_tokens": (1, 131_072),
    "max_completion_tokens": (1, 131_072),
    "lora_rank": (0, 1_024),
    "save_steps": (1, 1_000_000),
    "seed": (0, 2**32 - 1),
}
_WHY = {"group_size": " (advantages compare the completions of one prompt, so there must be two at least)"}
_QUANTITY = re.compile(r"([0-9]+(\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_RUN_NAME = re.compile(r"[a-z]([-a-z0-9]{0,22}[a-z0-9])?")
_MAX_NODES = 512
_MAX_GPUS = 64
_MAX_OWNER = 63
_MAX_LEARNING_RATE = 1.0
_MAX_TEMPERATURE = 5.0


def check_spec(spec: TrainingSpec) -> None:
    """Refuses a specification that cannot work.

    Raises:
        InvalidArgument: With every field that is wrong.
    """
    fields = wrong_fields(spec)
    if fields:
        named = ", ".join(fields)
        raise InvalidArgument(f"This training specification cannot work; look at {named}.", fields=fields)


def wrong_fields(spec: TrainingSpec) -> dict[str, str]:
    """Each wrong field with what is wrong about it."""
    fields = {f"spec.{name}": "is required" for name in ("release_id", "model") if not getattr(spec, name)}
    for name, (low, high) in _RANGES.items():
        if not low <= getattr(spec, name) <= high:
            fields[f"spec.{name}"] = f"must be {low} to {high}{_WHY.get(name, '')}, is {getattr(spec, name)}"
    for name, most in (("learning_rate", _MAX_LEARNING_RATE), ("temperature", _MAX_TEMPERATURE)):
        value = getattr(spec, name)
        if not (math.isfinite(value) and 0 < value <= most):
            fields[f"spec.{name}"] = f"must be above 0 and at most {most}, is {value}"
    return fields


def wrong_placement(placement: Placement) -> dict[str, str]:
    """Each field of a placement that no cluster takes, with what is wrong about it."""
    fields = {}
    if not 1 <= placement.nodes <= _MAX_NODES:
        fields["placement.nodes"] = f"must be 1 to {_MAX_NODES}, is {placement.nodes}"
    if placement.gpus is not None and not 0 <= placement.gpus <= _MAX_GPUS:
        fields["placement.gpus"] = f"must be 0 to {_MAX_GPUS}, is {placement.gpus}"
    if placement.max_seconds < 0:
        fields["placement.max_seconds"] = f"must not be below 0, is {placement.max_seconds}"
    for name in ("cpu", "memory"):
        if not _QUANTITY.fullmatch(getattr(placement, name) or "1"):
            fields[f"placement.{name}"] = "must be a Kubernetes quantity such as 4, 500m or 64Gi"
    for name in ("queue", "priority_class"):
        if not _OBJECT_NAME.fullmatch(getattr(placement, name) or "x"):
            fields[f"placement.{name}"] = "must be the name of a Kubernetes object"
    return fields


def wrong_names(name: str, owner: str) -> dict[str, str]:
    """What is wrong with what a run and its owner are called, by field; empty values are fine."""
    fields = {}
    if name and not _RUN_NAME.fullmatch(name):
        fields["name"] = "must be 1 to 24 lower-case letters, digits and hyphens, a letter first"
    if len(owner) > _MAX_OWNER or not owner.isprintable():
        fields["owner"] = f"must be printable and at most {_MAX_OWNER} characters long"
    return fields
