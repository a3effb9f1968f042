"""Checkers and interactors of problems, in jails of their own, against real programs."""

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.core.grouping import ScoreMode, TestGroup
from microcoder.core.problem import Checker, CheckerKind
from microcoder.core.verdict import JudgeReport, StopMode, TestResult, Verdict
from microcoder.judge.domain.engine import RunLimits
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import Task
from microcoder.judge.local import LocalJudge
from microcoder.judge.suites import InlineSuite, Test

LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=128 * 2**20, output_bytes=2**20, idle_time_ms=1_000)
TESTLIB = Checker(kind=CheckerKind.TESTLIB)
CUSTOM = Checker(kind=CheckerKind.CUSTOM)
# testlib's protocol: arguments, exit codes, message on standard error.
CHECKER = b"""
import sys
data, output, answer = (open(path).read() for path in sys.argv[1:4])
words = output.split()
if not words: print("unexpected eof", file=sys.stderr); sys.exit(8)
if not words[0].isdigit(): print("wrong output format", file=sys.stderr); sys.exit(2)
if len(words) == 2: print("points", words[1], "of ten", file=sys.stderr); sys.exit(7)
if words[0] == "13": print("FAIL no luck", file=sys.stderr); sys.exit(3)
if words != answer.split(): print("wrong answer for", data.strip(), file=sys.stderr); sys.exit(1)
print("ok", file=sys.stderr)
"""
CPP_CHECKER = {
    "check.cpp": b'#include "verdict.h"\nint main(int, char** argv) { return compare(argv[2], argv[3]); }\n',
    "verdict.h": b"#include <fstream>\ninline int compare(const char* output, const char* answer) {\n"
    b"    long long a, b;\n    if (!(std::ifstream(output) >> a)) return 2;\n    std::ifstream(answer) >> b;\n"
    b"    return a == b ? 0 : 1;\n}\n",
}
# Kattis' protocol, guess a number from 1 to 100 in 7 guesses.
GUESS = b"""
import sys
secret = int(open(sys.argv[1]).read())
for _ in range(7):
    line = sys.stdin.readline()
    if not line.strip().isdigit():
        open(sys.argv[3] + "judgemessage.txt", "w").write(f"no number: {line!r}")
        sys.exit(43)
    guess = int(line)
    print("lower" if secret < guess else "higher" if secret > guess else "correct", flush=True)
    if guess == secret: sys.exit(43 if sys.stdin.read().strip() else 42)
sys.exit(43)
"""
BISECT = """
low, high = 1, 100
while True:
    guess = (low + high) // 2
    print(guess, flush=True)
    said = input()
    if said == "correct": break
    low, high = (low, guess - 1) if said == "lower" else (guess + 1, high)
"""
# testlib's protocol: leaves the number of guesses for the checker.
INTERACTOR = b"""
import sys
secret = int(open(sys.argv[1]).read())
guesses = 0
for line in sys.stdin:
    guesses += 1
    guess = int(line)
    print("lower" if secret < guess else "higher" if secret > guess else "correct", flush=True)
    if guess == secret: break
else:
    print("wrong answer gave up", file=sys.stderr); sys.exit(1)
open(sys.argv[2], "w").write(f"{guesses}")
"""


def source(code: bytes, name: str = "check.py") -> SourceProgram:
    return SourceProgram(language="python3", files={name: code}, main=name)


def task(*tests: tuple[str, str], **fields: object) -> Task:
    suite = InlineSuite([Test(name=str(i), input=a.encode(), answer=b.encode()) for i, (a, b) in enumerate(tests)])
    return Task(**{"suite": suite, "limits": LIMITS, **fields})  # type: ignore[arg-type]


async def on(judge: LocalJudge, code: str, what: Task, stop: StopMode = StopMode.ALL) -> JudgeReport:
    return await judge.report_on(judge.source(code), what, stop=stop)


async def first(judge: LocalJudge, code: str, what: Task) -> TestResult:
    return (await on(judge, code, what)).results[0]


@pytest.mark.parametrize(
    ("code", "verdict", "message"),
    [
        ("print(5)", Verdict.AC, ""),
        ("print(6)", Verdict.WA, "wrong answer for 2 3"),
        ("print('x')", Verdict.WA, "wrong output format"),
        ("pass", Verdict.WA, "unexpected eof"),
        ("print(5, 7.5)", Verdict.WA, "points 7.5 of ten"),
        ("print(13)", Verdict.IE, "the checker failed: it says that it failed: FAIL no luck"),
        ("1 / 0", Verdict.RE, None),
    ],
)
async def test_testlib_checkers(judge: LocalJudge, code: str, verdict: Verdict, message: str | None) -> None:
    result = await first(judge, code, task(("2 3", "5"), checker=TESTLIB, validator=source(CHECKER)))
    assert result.verdict is verdict
    assert message is None or result.message == message


async def test_a_testlib_checker_that_brings_its_header(judge: LocalJudge) -> None:
    checker = SourceProgram(language="cpp", files=CPP_CHECKER, main="check.cpp")
    what = task(("2 3", "5"), checker=TESTLIB, validator=checker)
    assert [(await first(judge, f"print({n})", what)).verdict for n in ("5", "6", "")] == [
        Verdict.AC, Verdict.WA, Verdict.WA,
    ]  # fmt: skip


async def test_points_count_where_there_are_groups(judge: LocalJudge) -> None:
    tests = [Test(name=f"g/{i}", input=b"2 3", answer=b"5", group="g") for i in range(2)]
    groups = (TestGroup(name="", break_on_reject=False), TestGroup(name="g", accept_score=10, highest_score=20))
    what = task(checker=TESTLIB, validator=source(CHECKER), suite=InlineSuite(tests, grouping=groups))
    report = await on(judge, "print(5, 7.5)", what)
    assert (report.verdict, report.score, report.max_score) == (Verdict.AC, 15, 20)
    assert [(group.name, group.score, group.passed, group.total) for group in report.groups] == [
        ("", 15, 2, 2), ("g", 15, 2, 2),
    ]  # fmt: skip
    assert (await on(judge, "print(6)", what)).score == 0


async def test_scores_and_messages_of_kattis_validators(judge: LocalJudge) -> None:
    code = b"""
import sys
for name, text in (("score.txt", "2.5"), ("teammessage.txt", "well done"), ("judgemessage.txt", "hm")):
    open(sys.argv[3] + name, "w").write(text)
sys.exit(42)
"""
    groups = (TestGroup(name="", score_mode=ScoreMode.MAX),)
    suite = InlineSuite([Test(name="1", input=b"", answer=b"")], grouping=groups)
    report = await on(judge, "pass", task(checker=CUSTOM, validator=source(code), suite=suite))
    result = report.results[0]
    assert (report.score, result.score, result.team_message, result.message) == (2.5, 2.5, "well done", "")


async def test_the_first_difference_is_in_the_result(judge: LocalJudge) -> None:
    result = await first(judge, "print(1)\nprint(3)", task(("", "1\n2\n")))
    assert result.difference is not None
    assert (result.difference.output_line, result.difference.got, result.difference.expected) == (2, "3", "2")


async def test_stopping_per_group(judge: LocalJudge) -> None:
    tests = [
        Test(name=f"{group}/{i}", input=b"", answer=b"1" if (group, i) != ("a", 1) else b"2", group=group)
        for group in ("a", "b")
        for i in range(3)
    ]
    report = await on(judge, "print(1)", task(suite=InlineSuite(tests)), StopMode.FIRST_FAIL_PER_GROUP)
    assert [result.verdict.value for result in report.results] == ["AC", "WA", "SKIPPED", "AC", "AC", "AC"]
    assert (report.score, report.groups) == (None, ())


@pytest.mark.parametrize(
    ("code", "verdict", "message"),
    [
        (BISECT, Verdict.AC, ""),
        ("print('x', flush=True)\nwhile True: pass", Verdict.WA, "no number: 'x\\n'"),
        ("print(50)\nimport sys\nsys.stdin.readline()\n1 / 0", Verdict.ITL, None),
        ("print(50, flush=True)\n1 / 0", Verdict.RE, None),
        ("pass", Verdict.WA, "no number: ''"),
        (BISECT + "print(1)", Verdict.WA, ""),
        (BISECT + "raise SystemExit(3)", Verdict.RE, None),
    ],
    ids=["right", "wrong first", "no flush", "crash first", "ends at once", "trailing output", "crash after right"],
)
async def test_kattis_interactors(judge: LocalJudge, code: str, verdict: Verdict, message: str | None) -> None:
    result = await first(judge, code, task(("37", ""), checker=CUSTOM, validator=source(GUESS), interactive=True))
    assert result.verdict is verdict, result
    assert message is None or result.message == message
    assert "flushed" in result.message or verdict is not Verdict.ITL


async def test_an_interactor_that_closes_its_output(judge: LocalJudge) -> None:
    code = b"import os, sys\nos.write(1, b'1 2 3')\nos.close(1)\nsys.exit(42 if sys.stdin.read() == '6\\n' else 43)"
    what = task(("", ""), checker=CUSTOM, validator=source(code), interactive=True)
    right = "import sys\nprint(sum(map(int, sys.stdin.read().split())))"
    assert (await first(judge, right, what)).verdict is Verdict.AC
    assert (await first(judge, "print(5)", what)).verdict is Verdict.WA


async def test_testlib_interactors(judge: LocalJudge) -> None:
    what = task(("37", "6"), ("50", "1"), interactive=True, interactor=source(INTERACTOR, "talk.py"))
    assert (await on(judge, BISECT, what)).verdict is Verdict.AC
    given_up = await first(judge, "print(1, flush=True)\ninput()", what)
    assert (given_up.verdict, given_up.message) == (Verdict.WA, "wrong answer gave up")
    checked = task(
        ("37", "7"), ("50", "1"), interactive=True, interactor=source(INTERACTOR, "talk.py"), checker=TESTLIB,
        validator=source(CHECKER),
    )  # fmt: skip
    report = await on(judge, BISECT, checked)
    assert [(result.verdict, result.message) for result in report.results] == [
        (Verdict.WA, "wrong answer for 37"), (Verdict.AC, ""),
    ]  # fmt: skip


async def test_an_interactor_that_cannot_be_used(judge: LocalJudge) -> None:
    with pytest.raises(FailedPrecondition, match="lost its interactor"):
        await on(judge, "pass", task(("", ""), interactive=True))
    broken = SourceProgram(language="cpp", files={"main.cpp": b"int main("}, main="main.cpp")
    with pytest.raises(FailedPrecondition, match="interactor does not compile"):
        await on(judge, "pass", task(("", ""), interactive=True, interactor=broken))


async def test_files_for_input_and_output(judge: LocalJudge) -> None:
    what = task(("2 3\n", "5\n"), input_file="sum.in", output_file="sum.out")
    right = "a, b = map(int, open('sum.in').read().split())\nprint('noise')\nopen('sum.out', 'w').write(str(a + b))"
    assert (await first(judge, right, what)).verdict is Verdict.AC
    assert (await first(judge, "print(5)", what)).verdict is Verdict.WA
    assert (await first(judge, right + "\n1 / 0", what)).verdict is Verdict.RE
    flood = "f = open('sum.out', 'w')\nwhile True: f.write('x' * 2**16); f.flush()"
    assert (await first(judge, flood, what)).verdict in (Verdict.OLE, Verdict.RE)
    half = task(("2 3\n", "5\n"), input_file="sum.in")
    assert (await first(judge, "print(sum(map(int, open('sum.in').read().split())))", half)).verdict is Verdict.AC
