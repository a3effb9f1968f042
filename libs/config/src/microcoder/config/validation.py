"""Pydantic's findings in words for a person."""

from pydantic import ValidationError

from microcoder.config.redaction import is_secret_name, redact_text

_MAX_SHOWN = 80


def explain(error: ValidationError, *, prefix: str) -> dict[str, str]:
    """What is wrong, by the name of the environment variable that sets it."""
    found = {}
    for item in error.errors(include_url=False, include_context=False):
        path = [str(part) for part in item["loc"]]
        name = prefix + "__".join(path).upper()
        if item["type"] == "missing":
            found[name] = "is required; set it"
        else:
            found[name] = f"{_shown(path, item['input'])}: {item['msg'].removeprefix('Value error, ')}"
    return found


def _shown(path: list[str], value: object) -> str:
    if any(is_secret_name(part) for part in path):
        return "the given value (not shown)"
    text = redact_text(str(value))
    return repr(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…")
