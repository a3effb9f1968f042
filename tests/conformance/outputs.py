"""Suites of outputs: what the default comparison must say, without any program.

Two forms: problemtools' folders (`judge.ans`, `user.out`, `args.txt`, and the validator's exit code in
`expected_exit_code.txt`, or `_ac` and `_wa` at the end of the folder's name), and BAPCtools' YAML documents (`flags`,
`ans`, and lists `ac` and `wa`).
"""

import asyncio
import tarfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from microcoder.core.errors import MicrocoderError
from microcoder.core.problem import Checker
from microcoder.judge.app import Sandbox
from microcoder.judge.domain.comparison import difference, with_flags
from tests.conformance.model import Row, Standing

_RIGHT, _WRONG = "AC", "WA"
_EXIT_CODES = {42: _RIGHT, 43: _WRONG}
_YAML = "default_output_validator.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    problem: str
    name: str
    expected: str
    output: bytes
    answer: bytes
    flags: tuple[str, ...]


async def folder_rows(suite: str, path: Path, sandbox: Sandbox) -> AsyncIterator[Row]:
    """A row for each folder with a `judge.ans` in it, at any depth."""
    del sandbox
    for case in await asyncio.to_thread(lambda: list(_folder_cases(path))):
        yield _row(suite, case)


async def yaml_rows(suite: str, archive: Path, sandbox: Sandbox) -> AsyncIterator[Row]:
    """A row for each output in the YAML file of that name in a tar."""
    del sandbox
    for case in await asyncio.to_thread(lambda: list(_yaml_cases(archive))):
        yield _row(suite, case)


def _folder_cases(path: Path) -> Iterator[_Case]:
    for answer in sorted(path.rglob("judge.ans")):
        folder = answer.parent
        arguments, code = folder / "args.txt", folder / "expected_exit_code.txt"
        yield _Case(
            problem="default validator",
            name=folder.name,
            expected=_EXIT_CODES[int(code.read_text())] if code.exists() else _named(folder.name),
            output=(folder / "user.out").read_bytes(),
            answer=answer.read_bytes(),
            flags=tuple(arguments.read_text().split()) if arguments.exists() else (),
        )


def _yaml_cases(archive: Path) -> Iterator[_Case]:
    for number, document in enumerate(_documents(archive), start=1):
        flags = tuple(str(document["flags"]).split())
        for expected in (_RIGHT, _WRONG):
            for index, output in enumerate(document.get(expected.lower()) or (), start=1):
                yield _Case(
                    problem="default comparison",
                    name=f"{number} {' '.join(flags) or 'no flags'}, {expected.lower()} {index}",
                    expected=expected,
                    output=str(output).encode(),
                    answer=str(document["ans"]).encode(),
                    flags=flags,
                )


def _documents(archive: Path) -> Iterator[dict[str, Any]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if PurePosixPath(member.name).name == _YAML else None
            if content is not None:
                yield from filter(None, yaml.safe_load_all(content.read()))


def _named(name: str) -> str:
    return _RIGHT if name.rstrip("0123456789").endswith("_ac") else _WRONG


def _row(suite: str, case: _Case) -> Row:
    row = Row(suite=suite, problem=case.problem, name=case.name, expected=case.expected, standing=Standing.NOT_JUDGED)
    try:
        wrong = difference(case.output, case.answer, with_flags(Checker(), case.flags))
    except MicrocoderError as error:
        return replace(row, note=error.message)
    given = _WRONG if wrong else _RIGHT
    standing = Standing.AGREES if given == case.expected else Standing.DISAGREES
    return replace(row, given=given, standing=standing, note=wrong.message if wrong else "")
