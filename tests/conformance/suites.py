"""The suites that the shared data hold, and those that an option names."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from microcoder.judge.app import Sandbox
from tests.conformance import dmoj, judged, outputs
from tests.conformance.model import Row, Suite

_Rows = Callable[[str, Path, Sandbox], AsyncIterator[Row]]


_SHARED = (
    ("bapctools-comparison", "BAPCtools' cases of the default comparison", "bapctools_test_problems.tar.gz"),
    ("problemtools", "problemtools' example packages", "kattis_problemtools_examples.tar.gz"),
    ("domjudge", "DOMjudge's example problems", "domjudge_example_problems.tar.gz"),
    ("bapctools", "BAPCtools' test packages", "bapctools_test_problems.tar.gz"),
    ("kth-2019", "KTH Challenge 2019", "kth-challenge-2019.tar.xz"),
    ("kth-2020", "KTH Challenge 2020, largest tests dropped", "kth-challenge-2020.jsonl.gz"),
)


def shared_suites(data: Path, *, only: str = "*") -> list[Suite]:
    """Those in a folder laid out like the shared data."""
    packages = partial(judged.rows, only=only)
    return [
        _suite(name, title, data / "packages" / file, outputs.yaml_rows if name.endswith("comparison") else packages)
        for name, title, file in _SHARED
    ]


def named_suites(
    *, packages: list[Path], dmoj_folders: list[Path], output_folders: list[Path], only: str = "*"
) -> list[Suite]:
    """Those that the command line names by their paths."""
    package_rows = partial(judged.rows, only=only)
    dmoj_rows = partial(dmoj.rows, only=only)
    return [
        *(_suite(path.name, f"Packages in {path.name}", path, package_rows) for path in packages),
        *(_suite(path.name, f"DMOJ problems in {path.name}", path, dmoj_rows) for path in dmoj_folders),
        *(_suite(path.name, f"Outputs in {path.name}", path, outputs.folder_rows) for path in output_folders),
    ]


def _suite(name: str, title: str, path: Path, rows: _Rows) -> Suite:
    return Suite(name=name, title=title, path=path, rows=partial(rows, name, path))
