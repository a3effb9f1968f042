"""What a package of this repository needs: our own packages, and third-party requirements with their hashes.

    closure.py ROOT names services/judge                    microcoder-core, …, microcoder-judge, dependencies first
    closure.py ROOT requirements PINS 'services/trainer[train]'

ROOT is a checkout, or as much of it as its `pyproject.toml` files.

Needs only Python's standard library: it runs in an image's build, before anything is installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOCAL = "microcoder-"
_PACKAGE = re.compile(r"(?P<folder>[^\[]+)(?:\[(?P<extras>[^\]]*)\])?")
_NAME = re.compile(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?")


class Unpinned(Exception):
    """A third-party package that the file of pins does not name."""


@dataclass(frozen=True, slots=True)
class Project:
    """One `pyproject.toml`."""

    name: str
    """As `microcoder-core`."""
    folder: str
    """Below the root, as `libs/core`."""
    requires: tuple[str, ...]
    """Requirements, those of the wanted extras included."""


def projects(root: Path, wanted: Sequence[str]) -> list[Project]:
    """`wanted` (`folder` or `folder[extra,extra]`) and all local packages behind them, dependencies first."""
    folders = {_name_of(path): str(path.parent.relative_to(root)) for path in _files(root)}
    found: dict[str, Project] = {}

    def visit(folder: str, extras: Sequence[str]) -> None:
        requires = _requires(root / folder / "pyproject.toml", extras)
        for requirement in requires:
            name = _bare(requirement)
            if name.startswith(_LOCAL) and folders[name] not in found:
                visit(folders[name], _extras(requirement))
        found[folder] = Project(_name_of(root / folder / "pyproject.toml"), folder, requires)

    for item in wanted:
        match = _PACKAGE.fullmatch(item)
        if match is None:
            raise ValueError(f"{item!r} is no folder with or without [extras]")
        visit(match["folder"], _split(match["extras"]))
    return list(found.values())


def requirements(needed: Sequence[Project], pins: Mapping[str, str]) -> list[str]:
    """The third-party requirements of `needed`, each with the version and hashes of `pins`.

    Raises:
        Unpinned: One of them has no pin.
    """
    names = {
        _NAME.match(requirement)[0]: _bare(requirement)  # type: ignore[index]  # a requirement begins with a name
        for project in needed
        for requirement in project.requires
        if not _bare(requirement).startswith(_LOCAL)
    }
    missing = sorted(name for name in names.values() if name not in pins)
    if missing:
        raise Unpinned(f"no pin for {', '.join(missing)}: add them to constraints/*.in and run `make constraints`")
    return sorted({f"{written}{pins[name]}" for written, name in names.items()})


def read_pins(text: str) -> dict[str, str]:
    """By name: `==1.2 --hash=sha256:…` of each entry of a hashed constraints file."""
    entries = re.findall(r"^([A-Za-z0-9._-]+)(==[^\n]*(?:\n[ \t]+[^\n]*)*)", text, flags=re.MULTILINE)
    return {_normalised(name): rest for name, rest in entries}


def _files(root: Path) -> Iterator[Path]:
    yield from sorted([*root.glob("libs/*/pyproject.toml"), *root.glob("services/*/pyproject.toml")])


def _requires(path: Path, extras: Sequence[str]) -> tuple[str, ...]:
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    return (*project["dependencies"], *(item for extra in extras for item in optional[extra]))


def _name_of(path: Path) -> str:
    return _normalised(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["name"])


def _extras(requirement: str) -> list[str]:
    found = re.search(r"\[([^\]]*)\]", requirement)
    return _split(found[1] if found else None)


def _split(extras: str | None) -> list[str]:
    return [part.strip() for part in (extras or "").split(",") if part.strip()]


def _bare(requirement: str) -> str:
    return _normalised(re.match(r"[A-Za-z0-9._-]+", requirement)[0])  # type: ignore[index]  # as above


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: Sequence[str]) -> int:
    """Prints what was asked for."""
    root, what, *wanted = arguments
    if what == "names":
        lines = [project.name for project in projects(Path(root), wanted)]
    else:
        pins = read_pins(Path(wanted[0]).read_text(encoding="utf-8"))
        lines = requirements(projects(Path(root), wanted[1:]), pins)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Unpinned, ValueError, KeyError, OSError) as error:
        sys.exit(f"closure: {error}")
