"""The sample contest: well-formed packages whose programs do what their folders say. The judge has no part in this."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CONTEST = Path(__file__).parents[2] / "examples" / "contest"
PACKAGES = sorted(path.parent for path in CONTEST.glob("*/problem.yaml"))
WRONG_ON_PURPOSE = {"crooked-scale": {"03"}}
PASSES_ON_PURPOSE = {"quick-glance/first_tag.py"}
NO_TESTS = "blank-page"
VERDICT_FOLDERS = {"accepted", "wrong_answer", "time_limit_exceeded", "run_time_error"}
ACCEPTS, REJECTS = 42, 43
MAX_PACKAGE_BYTES = 50_000

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def programs(package: Path, folder: str) -> list[Path]:
    return sorted((package / "submissions" / folder).glob("*.py"))


def failing_tests(package: Path, program: Path, feedback: Path) -> set[str]:
    """Names of the tests whose answer the program does not print."""
    failed = set()
    for test in sorted(package.glob("data/*/*.in")):
        run = subprocess.run(
            [sys.executable, program], input=test.read_bytes(), capture_output=True, timeout=10, check=False
        )
        if run.returncode != 0 or not agrees(package, test, run.stdout, feedback):
            failed.add(test.stem)
    return failed


def agrees(package: Path, test: Path, output: bytes, feedback: Path) -> bool:
    answer = test.with_suffix(".ans").read_bytes()
    if validators := list(package.glob("output_validators/*/*.py")):
        return validate(validators[0], test, output, feedback) == ACCEPTS
    if package.name == "mean-depth":
        return float(output) == pytest.approx(float(answer), rel=1e-6, abs=1e-6)
    return output.split() == answer.split()


def validate(validator: Path, test: Path, output: bytes, feedback: Path) -> int:
    """The exit code of a Kattis output validator."""
    command = [sys.executable, str(validator), str(test), str(test.with_suffix(".ans")), str(feedback)]
    return subprocess.run(command, input=output, timeout=10, check=False).returncode


def test_there_are_enough_of_them_and_the_table_lists_each() -> None:
    table = (CONTEST / "README.md").read_text()
    assert len(PACKAGES) >= 12
    assert all(f"| {package.name} |" in table for package in PACKAGES)


@each_package
def test_package_is_well_formed(package: Path) -> None:
    settings = yaml.safe_load((package / "problem.yaml").read_text())
    assert settings["author"] == "microcoder"
    assert settings["license"] == "cc by-sa"
    assert (package / ".timelimit").exists() or settings["limits"]["time_limit"] <= 2
    assert (settings["validation"] == "custom") == (package / "output_validators").exists()
    (statement,) = (package / "problem_statement").glob("problem.en.*")
    assert "$" in statement.read_text()
    folders = {path.name for path in (package / "submissions").iterdir()}
    assert folders <= VERDICT_FOLDERS
    languages = {path.suffix for path in (package / "submissions" / "accepted").iterdir()}
    assert languages == {".py", ".cpp"}
    assert sum(path.stat().st_size for path in package.rglob("*") if path.is_file()) < MAX_PACKAGE_BYTES


@each_package
def test_every_input_has_an_answer(package: Path) -> None:
    inputs = {path.with_suffix("") for path in package.glob("data/*/*.in")}
    answers = {path.with_suffix("") for path in package.glob("data/*/*.ans")}
    assert inputs == answers
    samples = [path for path in inputs if path.parent.name == "sample"]
    assert (package.name == NO_TESTS) == (not inputs)
    assert package.name == NO_TESTS or (samples and len(inputs) > len(samples))


@each_package
def test_accepted_programs_print_the_answers_and_wrong_ones_do_not(package: Path, tmp_path: Path) -> None:
    for program in programs(package, "accepted"):
        assert failing_tests(package, program, tmp_path) == WRONG_ON_PURPOSE.get(package.name, set())
    for program in programs(package, "wrong_answer"):
        passes = f"{package.name}/{program.name}" in PASSES_ON_PURPOSE
        assert (not failing_tests(package, program, tmp_path)) == passes


@pytest.mark.parametrize(
    ("output", "exit_code"),
    [
        (b"4 2 1 3\n", ACCEPTS),
        (b"2 4 1 3\n", ACCEPTS),
        (b"1 2 3 4\n", REJECTS),
        (b"4 2 1\n", REJECTS),
        (b"impossible\n", REJECTS),
        (b"4 4 1 3\n", REJECTS),
    ],
)
def test_custom_validator_takes_every_right_order_and_no_other(output: bytes, exit_code: int, tmp_path: Path) -> None:
    package = CONTEST / "lecture-order"
    (validator,) = package.glob("output_validators/*/*.py")
    assert validate(validator, package / "data" / "sample" / "01.in", output, tmp_path) == exit_code
    assert (tmp_path / "judgemessage.txt").exists() == (exit_code == REJECTS)


def test_the_reprint_has_the_same_statement_tests_and_programs() -> None:
    original, reprint = CONTEST / "two-baskets", CONTEST / "two-baskets-reprint"
    files = [path.relative_to(original) for path in original.rglob("*") if path.is_file()]
    different = {str(path) for path in files if (original / path).read_bytes() != (reprint / path).read_bytes()}
    assert different <= {"problem.yaml", "problem_statement/problem.en.tex"}
    texts = [(folder / "problem_statement" / "problem.en.tex").read_text() for folder in (original, reprint)]
    assert texts[0].partition("\n")[2] == texts[1].partition("\n")[2]
