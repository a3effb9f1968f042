"""Tests of a folder on this machine: a problem package in Kattis format, or files in pairs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from microcoder.cli.judging.validator import read_validator
from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.core.problem import Checker, CheckerKind, Limits
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2
from microcoder.wire import to_proto

_ANSWERS = (".ans", ".out", ".a")
_MAX_YAML_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTask:
    """What a folder says about judging."""

    tests: tuple[pb.InlineTest, ...]
    """Samples first."""
    limits: Limits
    """Of a compiled program."""
    checker: Checker
    """Built-in comparison, or `CUSTOM` where there is a validator."""
    validator: pb.InlineProgram | None = None
    """The package's own output validator; in an interactive problem it talks to the program."""
    interactive: bool = False


def read_folder(folder: Path) -> FolderTask:
    """The tests, limits and comparison of a folder.

    Raises:
        InvalidArgument: There are no tests, or its `problem.yaml` cannot be read.
        FailedPrecondition: It needs a validator that cannot be sent, or several passes.
    """
    settings = _settings(folder)
    kind = f"{settings.get('type', '')} {settings.get('validation', '')}"
    if "multi" in kind:
        raise FailedPrecondition(f"{folder} is a problem in several passes, which are not judged")
    interactive = "interactive" in kind
    own = interactive or _has_validator(folder, settings)
    tests = tuple(_tests(folder))
    if not tests:
        raise InvalidArgument(
            f"{folder} has no tests: files `NAME.in` with `NAME.ans` or `NAME.out`, in it or below its folder `data`"
        )
    return FolderTask(
        tests=tests,
        limits=_limits(folder, settings),
        checker=_custom_checker(settings) if own else _checker(settings),
        validator=read_validator(folder) if own else None,
        interactive=interactive,
    )


def _tests(folder: Path) -> Iterator[pb.InlineTest]:
    data = folder / "data"
    root = data if data.is_dir() else folder
    inputs = sorted(root.rglob("*.in"), key=lambda path: ("sample" not in path.parts, path.as_posix()))
    for path in inputs:
        answer = next((path.with_suffix(s) for s in _ANSWERS if path.with_suffix(s).is_file()), None)
        if answer is not None:
            name = path.relative_to(root).with_suffix("").as_posix()
            yield pb.InlineTest(name=name, input=path.read_bytes(), answer=answer.read_bytes())


def _settings(folder: Path) -> Mapping[str, Any]:
    path = folder / "problem.yaml"
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _MAX_YAML_BYTES:
            raise InvalidArgument(f"{path} is larger than {_MAX_YAML_BYTES} bytes")
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise InvalidArgument(f"{path} cannot be read: {str(error)[:300]}") from error
    return found if isinstance(found, dict) else {}


def _has_validator(folder: Path, settings: Mapping[str, Any]) -> bool:
    validation = str(settings.get("validation", "default")).split()[:1]
    return validation not in ([], ["default"]) or (folder / "output_validator").is_dir()


def _custom_checker(settings: Mapping[str, Any]) -> Checker:
    return Checker(kind=CheckerKind.CUSTOM, flags=tuple(str(settings.get("validator_flags") or "").split()))


def _limits(folder: Path, settings: Mapping[str, Any]) -> Limits:
    given = settings.get("limits")
    limits = given if isinstance(given, dict) else {}
    default = Limits()
    seconds = _number(limits.get("time_limit")) or _time_limit_file(folder) or default.cpu_time_ms / 1000
    memory, output = _number(limits.get("memory")), _number(limits.get("output"))
    return Limits(
        cpu_time_ms=round(seconds * 1000),
        memory_bytes=round(memory * 2**20) if memory else default.memory_bytes,
        output_bytes=round(output * 2**20) if output else default.output_bytes,
    )


def _time_limit_file(folder: Path) -> float | None:
    """Seconds: `.timelimit` as Kattis' tools write it, or DOMjudge's ini file."""
    plain, ini = folder / ".timelimit", folder / "domjudge-problem.ini"
    if plain.is_file():
        return _number(plain.read_text(errors="replace").strip())
    for line in ini.read_text(errors="replace").splitlines() if ini.is_file() else ():
        key, _, value = line.partition("=")
        if key.strip() == "timelimit":
            return _number(value.strip().strip("'\""))
    return None


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 < number < 10**6 else None


def _checker(settings: Mapping[str, Any]) -> Checker:
    """The flags of Kattis' default output validator."""
    words = str(settings.get("validator_flags") or "").split()
    relative, absolute = _tolerance(words, "relative"), _tolerance(words, "absolute")
    return Checker(
        case_sensitive="case_sensitive" in words,
        space_sensitive="space_change_sensitive" in words,
        float_relative=relative,
        float_absolute=absolute,
    )


def _tolerance(words: Sequence[str], kind: str) -> float | None:
    names = ("float_tolerance", f"float_{kind}_tolerance")
    return next((_number(value) for name, value in pairwise(words) if name in names), None)


def inline_task(task: FolderTask, *, time_multiplier: float) -> pb.InlineTask:
    """The task as a request has it: its limits are taken as they are, so the language's multiplier goes in here."""
    limits = to_proto(task.limits, problem_pb2.Limits)
    limits.cpu_time_ms = round(task.limits.cpu_time_ms * time_multiplier)
    return pb.InlineTask(
        tests=task.tests,
        limits=limits,
        checker=to_proto(task.checker, problem_pb2.Checker),
        checker_program=task.validator,
        interactive=task.interactive,
    )
