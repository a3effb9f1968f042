"""Finds keys that mean nothing, so that a typing error never passes as a default."""

import difflib
import json
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

_DELIMITER = "__"
_CLOSE = 0.8
"""Likeness from which an unknown group counts as a mistyped known one (difflib's ratio)."""


def unknown_in_environment(
    settings_type: type[BaseModel], environ: Mapping[str, str], *, prefix: str
) -> dict[str, str]:
    """Each variable that is meant for a group of `settings_type` and fits no field, with what to do about it.

    Groups that `settings_type` does not have belong to other services and are left alone, unless their name looks
    like a mistyped one.
    """
    found = {}
    for name in sorted(environ):
        if not name.upper().startswith(prefix):
            continue
        problem = _problem(settings_type, name[len(prefix) :].lower(), environ[name], prefix=prefix)
        if problem:
            found[name] = problem
    return found


def unknown_in_file(settings_type: type[BaseModel], content: Mapping[str, Any], *, file: str) -> dict[str, str]:
    """Each key of the file that is meant for a group of `settings_type` and fits no field, with what to do."""
    found = {}
    for path in _paths(content):
        problem = _problem_of_path(settings_type, path)
        if problem:
            found[f"{file}: {'.'.join(path)}"] = problem
    return found


def _problem(settings_type: type[BaseModel], name: str, value: str, *, prefix: str) -> str:
    path = name.split(_DELIMITER)
    if len(path) == 1 and path[0] not in settings_type.model_fields:
        meant = _meant(settings_type, name)
        return f"is not a setting; write {prefix}{meant.upper()}" if meant else ""
    problems = (_problem_of_path(settings_type, [*path, *inner]) for inner in _paths_in_json(value))
    return next(filter(None, problems), "")


def _problem_of_path(settings_type: type[BaseModel], path: list[str]) -> str:
    if path[0] not in settings_type.model_fields:
        close = difflib.get_close_matches(path[0], settings_type.model_fields, n=1, cutoff=_CLOSE)
        return f"there is no group {path[0]}; did you mean {close[0]}?" if close else ""
    rest, model = _descend(settings_type, path)
    return _no_such(rest[0], model) if rest else ""


def _paths_in_json(value: str) -> Iterator[list[str]]:
    """The keys in a whole group that is given as JSON; one empty path for a plain value."""
    try:
        content = json.loads(value) if value.lstrip().startswith("{") else {}
    except ValueError:
        content = {}
    yield from _paths(content) if content else [[]]


def _meant(settings_type: type[BaseModel], name: str) -> str:
    """`store__uri` for `store_uri`: the setting that was meant where one underscore stands for two."""
    for group in settings_type.model_fields:
        field = name.removeprefix(f"{group}_")
        model = model_of(settings_type, group)
        if field != name and model is not None and field in model.model_fields:
            return f"{group}{_DELIMITER}{field}"
    return ""


def _descend(model: type[BaseModel], path: list[str]) -> tuple[list[str], type[BaseModel]]:
    """What is left of `path` where it stops to name fields, and the model that it stopped in."""
    while path and path[0] in model.model_fields:
        inner = model_of(model, path[0])
        path = path[1:]
        if inner is None:
            return [], model
        model = inner
    return path, model


def model_of(model: type[BaseModel], field: str) -> type[BaseModel] | None:
    """The model that a field nests (also `Model | None`), or None where it holds a plain value."""
    annotation = model.model_fields[field].annotation
    options = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
    return models[0] if len(models) == 1 else None


def _no_such(key: str, model: type[BaseModel]) -> str:
    close = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(model.model_fields))}"
    return f"there is no setting {key!r} here; {hint}"


def _paths(content: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[list[str]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _paths(value, (*above, key))
        else:
            yield [*above, key]
