"""Interactive packages, validators with scripts of their own, arguments of single tests."""

import pytest

from microcoder.core.problem import CheckerKind, IoMode
from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.rejecting import Rejected

from .helpers import normalized

VALIDATOR = {"output_validator/talk.py": "import sys\nsys.exit(42)\n"}
MODERN = "problem_format_version: 2023-07\ntype: interactive\n"
DIALOGUE = ">50\n<lower\n>25\n<correct\n"


@pytest.mark.parametrize(
    ("metadata", "validator"),
    [
        (MODERN, "output_validator/talk.py"),
        ("validation: custom interactive\nvalidator_flags: fast\n", "output_validators/talk.py"),
    ],
)
def test_interactive_packages(metadata: str, validator: str) -> None:
    files = {"problem.yaml": metadata, validator: VALIDATOR["output_validator/talk.py"]}
    made = normalized(**files, **{"data/sample/1.interaction": DIALOGUE})
    problem = made.problem
    assert (problem.io_mode, problem.checker.kind) == (IoMode.INTERACTIVE, CheckerKind.CUSTOM)
    assert problem.checker.program is not None
    assert problem.checker.program.files[0].digest in made.blobs
    [sample] = problem.samples
    assert (sample.input, sample.output) == ("lower\ncorrect\n", "50\n25\n")
    assert DIALOGUE in sample.explanation


def test_odd_dialogues_are_not_shown() -> None:
    files: dict[str, str | bytes | None] = {
        "problem.yaml": MODERN,
        **VALIDATOR,
        "data/sample/1.interaction": b"\xff\xfe",
        "data/sample/2.interaction": "",
    }
    assert [sample.input for sample in normalized(**files).problem.samples] == [""]


@pytest.mark.parametrize("script", ["build", "run"])
def test_validators_with_scripts_of_their_own(script: str) -> None:
    files = {"problem.yaml": MODERN, "output_validator/main.c": "int main(void){}", f"output_validator/{script}": "x"}
    with pytest.raises(Rejected, match=script) as caught:
        normalized(**files)
    assert caught.value.reason is RejectReason.UNSUPPORTED_MODE


def test_arguments_of_single_tests() -> None:
    files = {
        "data/secret/test_group.yaml": "output_validator_args: [case_sensitive]",
        "data/secret/01.yaml": "output_validator_args: [float_tolerance, '0']\ndescription: zero",
        "data/secret/02.yaml": "hint: none",
        "data/secret/other.yaml": "{this is no test's: [",
    }
    cases = normalized(**files).problem.suite.cases
    assert {case.name: case.validator_flags for case in cases} == {
        "sample/1": (), "secret/01": ("float_tolerance", "0"), "secret/02": ("case_sensitive",),
    }  # fmt: skip


def test_a_tolerance_of_nothing() -> None:
    checker = normalized(**{"problem.yaml": "validator_flags: float_tolerance 0"}).problem.checker
    assert (checker.float_absolute, checker.float_relative) == (0, 0)
    with pytest.raises(Rejected):
        normalized(**{"problem.yaml": "validator_flags: float_tolerance -1"})
