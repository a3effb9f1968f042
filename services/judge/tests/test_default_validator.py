"""Cases of other tools for the default output validator of the Kattis format: which outputs are right, by flags.

BAPCtools keeps them as YAML documents (flags, answer, right and wrong outputs), problemtools as a folder per case. Both
come from the packages beside the repository; problemtools' are there only in a whole checkout of it.
"""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from microcoder.core.problem import Checker
from microcoder.judge.domain.comparison import difference, with_flags

SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).resolve().parents[4] / "shared")
PACKAGES = SHARED / "data" / "packages"
_EXIT_CODES = {"42": True, "43": False}


def is_right(output: bytes, answer: bytes, flags: str) -> bool:
    return difference(output, answer, with_flags(Checker(), tuple(flags.split()))) is None


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if not archive.exists():
        pytest.skip(f"{archive.name} is not there; MICROCODER_SHARED names its folder")
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content.read()


def as_text(value: Any) -> bytes:
    """What a scalar of such a document stands for: YAML reads some of the numbers that are meant as text."""
    return str(value).encode()


def test_bapctools_cases() -> None:
    found = dict(members(PACKAGES / "bapctools_test_problems.tar.gz"))
    [text] = [data for name, data in found.items() if name.endswith("default_output_validator.yaml")]
    count, wrong = 0, []
    for case in yaml.load_all(io.BytesIO(text), Loader=yaml.BaseLoader):
        for key, right in (("ac", True), ("wa", False)):
            for output in case.get(key) or ():
                count += 1
                if is_right(as_text(output), as_text(case["ans"]), case["flags"]) is not right:
                    wrong.append((key, case["flags"], case["ans"], output))
    assert not wrong, wrong
    assert count > 500


def test_problemtools_cases() -> None:
    found = dict(members(PACKAGES / "kattis_problemtools_examples.tar.gz"))
    folders = {str(PurePosixPath(name).parent) for name in found if name.endswith("/expected_exit_code.txt")}
    if not folders:
        pytest.skip("kattis_problemtools_examples.tar.gz has no cases for the default validator")
    for folder in sorted(folders):
        case = {key: found.get(f"{folder}/{key}", b"") for key in ("judge.ans", "user.out", "args.txt")}
        expected = _EXIT_CODES[found[f"{folder}/expected_exit_code.txt"].decode().strip()]
        assert is_right(case["user.out"], case["judge.ans"], case["args.txt"].decode()) is expected, folder
