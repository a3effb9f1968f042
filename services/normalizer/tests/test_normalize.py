"""Whole packages through the domain: what is kept, and every reason not to."""

import pytest

from microcoder.core.ids import digest_of
from microcoder.core.problem import CheckerKind
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import Verdict
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.rejecting import Rejected

from .helpers import normalized, package

SWEDISH = (
    "Du får två heltal på en rad. Skriv ett program som räknar ut summan av dem och skriver ut den till användaren."
)
CUSTOM = "validation: custom\n"
MODERN = "problem_format_version: 2023-07\n"


def test_a_plain_package() -> None:
    made = normalized()
    problem = made.problem
    assert (problem.title, problem.language, problem.licence, problem.author) == (
        "Two Sum", "en", "cc by-sa", "A. Setter",
    )  # fmt: skip
    assert problem.statement.startswith("This is the problem of Two Sum.")
    assert "## Input" in problem.statement
    assert [(case.name, case.sample, case.ordinal) for case in problem.suite.cases] == [
        ("sample/1", True, 0), ("secret/01", False, 1), ("secret/02", False, 2),
    ]  # fmt: skip
    assert [(sample.input, sample.output) for sample in problem.samples] == [("1 2\n", "3\n")]
    assert [(p.name, p.language, p.expected) for p in problem.programs] == [
        ("accepted/sum.py", "python3", (Verdict.AC,)),
        ("wrong_answer/product.py", "python3", (Verdict.WA, Verdict.OLE)),
    ]
    assert problem.limits.cpu_time_ms == 10_000
    assert problem.normalizer_version == "9.9"
    whole = package()
    assert all(digest_of(whole.read(path)) == digest for digest, path in made.blobs.items())
    named = {case.input_digest for case in problem.suite.cases} | {p.files[0].digest for p in problem.programs}
    assert named <= set(made.blobs)


def test_the_same_package_gives_the_same_problem() -> None:
    assert normalized().problem == normalized().problem


def reason_of(policy: Policy | None = None, /, **files: str | bytes | None) -> RejectReason:
    with pytest.raises(Rejected) as caught:
        normalized(policy, **files)
    assert caught.value.message
    return caught.value.reason


STATEMENT = "problem_statement/problem.en.tex"
NO_TESTS = {f"data/{name}": None for name in ("sample/1.in", "secret/01.in", "secret/02.in")}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({STATEMENT: None}, RejectReason.NO_STATEMENT),
        ({STATEMENT: None, "problem_statement/problem.en.pdf": b"%PDF"}, RejectReason.NO_STATEMENT),
        ({STATEMENT: "\\problemname{Two Sum}\n\\vspace{1cm}"}, RejectReason.NO_STATEMENT),
        ({STATEMENT: b"\\problemname{A}\nna\xefve"}, RejectReason.BAD_ENCODING),
        ({"problem.yaml": b"name: na\xefve"}, RejectReason.BAD_ENCODING),
        ({STATEMENT: SWEDISH}, RejectReason.UNSUPPORTED_LANGUAGE),
        ({STATEMENT: None, "problem_statement/problem.sv.tex": "Hej."}, RejectReason.UNSUPPORTED_LANGUAGE),
        ({STATEMENT: "x" * 200_000}, RejectReason.UNREADABLE_PACKAGE),
        (NO_TESTS, RejectReason.NO_TESTS),
        ({f"data/{name}.ans": None for name in ("sample/1", "secret/01", "secret/02")}, RejectReason.NO_TESTS),
        ({"problem.yaml": None}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "a: [b"}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "just text"}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "a: " + "[" * 5_000}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "!!python/object/apply:os.system ['x']"}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "validation: custom interactive"}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": "validation: custom score"}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": MODERN + "type: interactive"}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": MODERN + "type: [pass-fail, multi-pass]"}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": CUSTOM}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": CUSTOM, "output_validators/v/run": "x"}, RejectReason.UNSUPPORTED_MODE),
        ({"problem.yaml": "validator_flags: float_tolerance"}, RejectReason.UNREADABLE_PACKAGE),
        ({"problem.yaml": "validator_flags: ignore_everything"}, RejectReason.UNREADABLE_PACKAGE),
    ],
)
def test_reasons(files: dict[str, str | bytes | None], reason: RejectReason) -> None:
    assert reason_of(**files) is reason


def test_all_tests_too_large() -> None:
    assert reason_of(Policy(max_test_bytes=1)) is RejectReason.NO_TESTS


def test_other_languages_by_policy() -> None:
    assert normalized(Policy(languages=frozenset({"sv"})), **{STATEMENT: SWEDISH}).problem.language == "sv"


def test_english_is_preferred() -> None:
    files = {"problem_statement/problem.de.md": "Auf Deutsch.", "problem_statement/problem.sv.tex": SWEDISH}
    assert normalized(**files).problem.title == "Two Sum"


def test_a_statement_too_short_to_tell_is_believed_to_be_what_its_name_says() -> None:
    assert normalized(**{STATEMENT: "Print 3."}).problem.language == "en"
    plain = normalized(**{STATEMENT: None, "problem_statement/problem.tex": "Print 3."}).problem
    assert (plain.language, plain.title) == ("", "twosum")


def test_names_by_language_and_markdown_titles() -> None:
    modern = MODERN + "name: {en: 'A <b>Sum</b>', sv: En summa}\n"
    files = {"problem.yaml": modern, STATEMENT: None, "statement/problem.en.md": "# Input\nTwo numbers.\n"}
    problem = normalized(**files).problem
    assert problem.title == "A Sum"
    assert problem.statement.startswith("# Input")
    titled = normalized(**{STATEMENT: None, "problem_statement/problem.en.md": "# Some Title\n\nPrint 3.\n"}).problem
    assert (titled.title, titled.statement) == ("Some Title", "Print 3.\n")


def test_limits_stated_in_many_places() -> None:
    assert normalized(**{"problem.yaml": "limits: {time_limit: 1.5, memory: 256}"}).problem.limits.cpu_time_ms == 1500
    assert normalized(**{"problem.yaml": "limits: {memory: 256}"}).problem.limits.memory_bytes == 256 * 2**20
    assert normalized(**{".timelimit": "3\n"}).problem.limits.cpu_time_ms == 3000
    assert normalized(**{"domjudge-problem.ini": "name='x'\ntimelimit='2'\n"}).problem.limits.cpu_time_ms == 2000
    assert normalized(**{"problem.yaml": "limits: {time_limit: 1e9, memory: 1e9}"}).problem.limits.cpu_time_ms == 60_000
    for nonsense in ("-1", "nan", "soon", "true", "[1]"):
        assert (
            normalized(**{"problem.yaml": f"limits: {{time_limit: {nonsense}}}"}).problem.limits.cpu_time_ms == 10_000
        )


def test_flags_of_the_default_validator() -> None:
    flags = "case_sensitive space_change_sensitive float_absolute_tolerance 1e-6 float_relative_tolerance 1e-4"
    checker = normalized(**{"problem.yaml": f"validator_flags: {flags}"}).problem.checker
    assert (checker.kind, checker.case_sensitive, checker.space_sensitive) == (CheckerKind.TOKENS, True, True)
    assert (checker.float_absolute, checker.float_relative) == (1e-6, 1e-4)
    both = normalized(**{"problem.yaml": "validator_flags: float_tolerance 1e-5"}).problem.checker
    assert (both.float_absolute, both.float_relative) == (1e-5, 1e-5)


@pytest.mark.parametrize(
    ("files", "name", "paths"),
    [
        (
            {"output_validators/v/z.cc": "int main(){}", "output_validators/v/a.h": "", "problem.yaml": CUSTOM},
            "output_validators/v",
            ["z.cc", "a.h"],
        ),
        (
            {"output_validators/check.py": "x = 1", "problem.yaml": CUSTOM},
            "output_validators/check.py",
            ["check.py"],
        ),
        ({"output_validator/check.py": "x = 1", "problem.yaml": MODERN}, "output_validator", ["check.py"]),
        ({"output_validator/v/check.py": "x = 1", "problem.yaml": MODERN}, "output_validator/v", ["check.py"]),
    ],
)  # fmt: skip
def test_custom_validators(files: dict[str, str], name: str, paths: list[str]) -> None:
    made = normalized(**files)
    program = made.problem.checker.program
    assert made.problem.checker.kind is CheckerKind.CUSTOM
    assert program is not None
    assert (program.name, [file.path for file in program.files]) == (name, paths)
    assert all(file.digest in made.blobs for file in program.files)


def test_a_legacy_package_without_custom_validation_ignores_validators() -> None:
    assert normalized(**{"output_validators/check.py": "x = 1"}).problem.checker.kind is CheckerKind.TOKENS


def test_custom_flags_go_to_the_program() -> None:
    files = {"output_validators/check.py": "x = 1", "problem.yaml": "validation: custom\nvalidator_flags: a b 3"}
    assert normalized(**files).problem.checker.flags == ("a", "b", "3")


def test_keywords_credits_and_unknown_licences() -> None:
    yaml = MODERN + "license: unknown\nkeywords: [graph, dp]\ncredits: {authors: [A, {name: B, email: b@x.example}]}\n"
    problem = normalized(**{"problem.yaml": yaml}).problem
    assert (problem.licence, problem.tags, problem.author) == ("", ("graph", "dp"), "A, B")
