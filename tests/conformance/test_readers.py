"""The readers of other judges' suites, on small suites of our own."""

import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import yaml

from microcoder.core.problem import Checker, CheckerKind
from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import Tier
from microcoder.judge.settings import JudgeSettings
from tests.conformance import dmoj, judged, outputs
from tests.conformance.dmoj import NotRead, read_cases, read_grading
from tests.conformance.expectations import Expectation, rules_of
from tests.conformance.model import Row, Standing
from tests.conformance.report import table, unexplained, with_explanations


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


PY3 = "language: PY3\ntime: 2\nmemory: 65536\n"
DMOJ = {
    "doubling/init.yml": "archive: data.zip\ntest_cases:\n- {in: 1.in, out: 1.out}\n"
    "- batched:\n  - {in: 2.in, out: 2.out}\n  - {in: 1.in, out: 1.out}\n  points: 5\n",
    "doubling/tests/right/test.yml": f"{PY3}source: a.py\n",
    "doubling/tests/right/a.py": "print(2 * int(input()))",
    "doubling/tests/partly/test.yml": f"{PY3}source: a.py\ncases: [AC, WA, SC]\n",
    "doubling/tests/partly/a.py": "print(2)",
    "doubling/tests/crash/test.yml": f"{PY3}source: a.py\nexpect: IR\ncases: {{3: '*'}}\n",
    "doubling/tests/crash/a.py": "1 / 0",
    "doubling/tests/foreign/test.yml": "language: ZX\ntime: 2\nmemory: 65536\nsource: a.zx\n",
    "doubling/tests/foreign/a.zx": "10 GOTO 10",
    "checkers/init.yml": "test_cases:\n- {in: spaced, out: plain}\n"
    "- {in: near, out: number, checker: {name: floats, args: {precision: 2}}}\n"
    "- {in: near, out: number, checker: floats}\n"
    "- {in: turned, out: lines, checker: sorted}\n"
    "- {in: spaced, out: plain, checker: identical}\n"
    "- {in: plain, out: plain, checker: identical}\n"
    "- batched: [{in: plain, out: plain}, {in: near, out: number}, {in: plain, out: plain}]\n"
    "- batched: [{in: turned, out: lines, checker: unordered}]\n",
    "checkers/spaced": "a  b \n",
    "checkers/plain": "a b\n",
    "checkers/near": "x 1.001\n",
    "checkers/number": "x 1\n",
    "checkers/turned": "b\na\n",
    "checkers/lines": "a\nb\n",
    "checkers/tests/echo/test.yml": f"{PY3}source: a.py\ncases: [AC, AC, WA, AC, WA, AC, AC, WA, SC, AC]\n",
    "checkers/tests/echo/a.py": "import sys; sys.stdout.write(sys.stdin.read())",
    "asking/init.yml": "interactive: {files: a.cpp}\ntest_cases:\n- {points: 1}\n",
    "asking/tests/any/test.yml": f"{PY3}source: a.py\n",
    "asking/tests/any/a.py": "pass",
}
KATTIS = {
    "doubling/problem.yaml": "problem_format_version: 2025-09\nname: Doubling\nlimits: {time_limit: 1}\n",
    "doubling/data/sample/1.in": "1\n",
    "doubling/data/sample/1.ans": "2\n",
    "doubling/data/secret/2.in": "3\n",
    "doubling/data/secret/2.ans": "6\n",
    "doubling/submissions/accepted/right.py": "print(2 * int(input()))",
    "doubling/submissions/wrong_answer/square.py": "print(int(input()) + 1)",
    "doubling/submissions/odd/only_sample.py": "print(2)",
    "doubling/submissions/odd/unknown.zx": "10 GOTO 10",
    "doubling/submissions/accepted/broken.py": "1 / 0",
    "doubling/submissions/submissions.yaml": yaml.safe_dump(
        {"odd": {"sample": {"permitted": ["AC"]}, "secret": {"required": ["WA"]}}}
    ),
    "bare/problem.yaml": "name: Bare\n",
    "bare/data/secret/1.in": "1\n",
    "bare/submissions/accepted/a.py": "print(1)",
}


@pytest.fixture
def dmoj_problems(tmp_path: Path) -> Path:
    write(tmp_path, DMOJ)
    with zipfile.ZipFile(tmp_path / "doubling/data.zip", "w") as archive:
        for name, text in {"1.in": "1\r\n", "1.out": "2\r\n", "2.in": "2", "2.out": "4"}.items():
            archive.writestr(name, text)
    return tmp_path


async def judge_all(*suites: tuple[Callable[[str, Path, Sandbox], AsyncIterator[Row]], Path], cache: Path) -> list[Row]:
    """All rows of the suites, on one sandbox."""
    sandbox = await open_sandbox(JudgeSettings(cache_dir=cache, slots=1, min_tier=Tier.RLIMITS))
    try:
        return [row for rows, path in suites async for row in rows("ours", path, sandbox)]
    finally:
        await sandbox.engine.close()


async def test_suites_are_judged(dmoj_problems: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    packages = write(tmp_path_factory.mktemp("packages"), KATTIS)
    cache = tmp_path_factory.mktemp("cache")
    rows = await judge_all((dmoj.rows, dmoj_problems), (judged.rows, packages), cache=cache)
    found = {f"{row.problem}/{row.name}": (row.given, row.standing) for row in rows}
    assert found == {
        "doubling/right": ("AC AC AC", Standing.AGREES),
        "doubling/partly": ("AC WA SC", Standing.AGREES),
        "doubling/crash": ("IR IR SC", Standing.AGREES),
        "doubling/foreign": ("", Standing.NOT_JUDGED),
        "asking/any": ("", Standing.NOT_JUDGED),
        "checkers/echo": ("AC AC WA AC WA AC AC WA SC AC", Standing.AGREES),
        "doubling/accepted/right.py": ("AC", Standing.AGREES),
        "doubling/wrong_answer/square.py": ("WA", Standing.AGREES),
        "doubling/odd/only_sample.py": ("WA", Standing.AGREES),
        "doubling/odd/unknown.zx": ("", Standing.NOT_JUDGED),
        "doubling/accepted/broken.py": ("RE", Standing.DISAGREES),
        "bare/accepted/a.py": ("", Standing.NOT_JUDGED),
    }
    assert all(row.note for row in rows if row.standing is Standing.NOT_JUDGED)


def test_what_of_dmoj_is_not_read_says_so(dmoj_problems: Path) -> None:
    with pytest.raises(NotRead, match="interactive"):
        read_cases(dmoj_problems / "asking")
    write(dmoj_problems, {"odd/init.yml": "checker: mystery\ntest_cases:\n- {points: 1}\n"})
    with pytest.raises(NotRead, match="mystery"):
        read_cases(dmoj_problems / "odd")


def test_settings_of_dmoj(dmoj_problems: Path) -> None:
    cases = read_cases(dmoj_problems / "doubling")
    assert [(case.test.input, case.test.answer, case.batch) for case in cases] == [
        (b"1\n", b"2\n", 0),
        (b"2", b"4", 1),
        (b"1\n", b"2\n", 1),
    ]
    text = "checker: {name: floatsabs, args: {precision: 3}}\ntest_cases:\n- {points: 1}\n"
    write(dmoj_problems, {"floats/init.yml": text})
    assert read_cases(dmoj_problems / "floats")[0].checker == Checker(case_sensitive=True, float_absolute=1e-3)
    text = "checker: {name: sorted, args: {split_on: whitespace}}\ntest_cases:\n- {points: 1}\n- {checker: rstripped}\n"
    write(dmoj_problems, {"orders/init.yml": text})
    kinds = [case.checker.kind for case in read_cases(dmoj_problems / "orders")]
    assert kinds == [CheckerKind.UNORDERED_TOKENS, CheckerKind.LINES]
    grading = read_grading(dmoj_problems / "doubling/tests/crash/test.yml")
    assert (grading.limits.cpu_time_ms, grading.limits.memory_bytes) == (2_000, 64 * 2**20)
    assert (grading.allowed(1), grading.allowed(3)) == (frozenset({"IR"}), frozenset())


def report(*verdicts: Verdict) -> JudgeReport:
    names = ("sample/1", "secret/02", "secret/13")
    results = [TestResult(ordinal=i, name=names[i], verdict=verdict) for i, verdict in enumerate(verdicts)]
    worst = next((verdict for verdict in verdicts if verdict is not Verdict.AC), Verdict.AC)
    return JudgeReport(verdict=worst, passed=0, total=len(verdicts), results=tuple(results))


@pytest.mark.parametrize(
    ("name", "document", "verdicts", "met"),
    [
        ("accepted/a.py", {}, (Verdict.AC, Verdict.AC), True),
        ("accepted/a.py", {}, (Verdict.AC, Verdict.WA), False),
        ("wrong_answer/a.py", {}, (Verdict.AC, Verdict.WA), True),
        ("wrong_answer/a.py", {}, (Verdict.AC, Verdict.AC), False),
        ("wrong_answer/a.py", {}, (Verdict.WA, Verdict.RE), False),
        ("time_limit_exceeded/a.py", {}, (Verdict.ITL,), True),
        ("accepted/a.py", {"accepted": {"permitted": ["WA"], "required": ["WA"]}}, (Verdict.WA,), True),
        ("new/a.py", {"new/a.{py,cpp}": {"permitted": ["AC"]}}, (Verdict.WA,), False),
        ("new/b/c.py", {"new/*": {"required": ["WA"]}}, (Verdict.AC,), False),
        ("new/a.py", {"new": {"secret/*{ 1,0 }{3, 2}": {"required": ["TLE"]}}}, (Verdict.TLE, Verdict.AC), False),
        ("new/a.py", {"new": {"secret/*{ 1,0 }{3, 2}": {"required": ["TLE"]}}}, (Verdict.AC, Verdict.TLE), True),
    ],
)
def test_rules(name: str, document: dict[str, object], verdicts: tuple[Verdict, ...], met: bool) -> None:
    assert Expectation(rules=rules_of(name, document)).met_by(report(*verdicts)) is met


def test_no_rule_for_what_nothing_speaks_of() -> None:
    assert rules_of("new/a.py", {"newer": {"permitted": ["AC"]}, "a.py": {"required": ["WA"]}}) == ()


async def test_outputs_in_folders(tmp_path: Path) -> None:
    case = {"judge.ans": "1.0 A\n", "user.out": "1.05 a", "args.txt": "float_tolerance 0.1"}
    write(tmp_path / "tests/test_float_ac", case)
    write(tmp_path / "tests/test_case_wa2", {**case, "args.txt": "float_tolerance 0.1 case_sensitive"})
    write(tmp_path / "tests/test_said", {**case, "expected_exit_code.txt": "43\n"})
    rows = [row async for row in outputs.folder_rows("ours", tmp_path, None)]  # type: ignore[arg-type]
    assert {row.name: (row.expected, row.given) for row in rows} == {
        "test_float_ac": ("AC", "AC"),
        "test_case_wa2": ("WA", "WA"),
        "test_said": ("WA", "AC"),
    }


def test_disagreements_need_an_explanation(tmp_path: Path) -> None:
    rows = [
        Row(suite="s", problem="p", name=name, expected="AC", given="WA", standing=Standing.DISAGREES)
        for name in ("accepted/a.py", "accepted/b.py")
    ]
    explained = tmp_path / "explained.toml"
    explained.write_text('"s/p/accepted/a*" = "Reads beyond its input."\n')
    rows = with_explanations(rows, explained)
    assert [row.name for row in unexplained(rows)] == ["accepted/b.py"]
    text = "\n".join(table(rows))
    assert "Reads beyond its input." in text
    assert "NOT EXPLAINED" in text
