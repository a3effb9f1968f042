"""Whether a specification makes sense, before anything is started."""

import math

from microcoder.core.errors import InvalidArgument
from microcoder.core.training import TrainingSpec

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
