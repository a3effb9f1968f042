"""Problems with an output validator of their own, by Kattis' protocol."""

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.core.problem import Checker, CheckerKind
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.local import LocalJudge

# Accepts any two numbers whose sum is that of the answer; a flag allows a third.
PYTHON = b"""
import sys
data, answer, feedback, flags = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
wanted = int(open(answer).read())
words = sys.stdin.read().split()
open(data).read()
print("chatter")
if len(words) != (3 if "three" in flags else 2) or sum(map(int, words)) != wanted:
    open(feedback + "judgemessage.txt", "w").write("the sum is not right")
    sys.exit(43)
sys.exit(42)
"""
CPP_MAIN = b"""
#include "validate.h"
int main(int argc, char** argv) {
    std::ifstream answer(argv[2]);
    long long wanted, a, b;
    answer >> wanted;
    if (!(std::cin >> a >> b) || a + b != wanted) reject(argv[3]);
    return 42;
}
"""
CPP_HEADER = (
    b"#include <fstream>\n#include <iostream>\n#include <string>\n[[noreturn]] void reject(const char* folder);\n"
)
CPP_OTHER = b"""
#include "validate.h"
#include <cstdlib>
void reject(const char* folder) {
    std::ofstream(std::string(folder) + "judgemessage.txt") << "not a partition";
    std::exit(43);
}
"""


def python_validator(code: bytes = PYTHON) -> SourceProgram:
    return SourceProgram(language="python3", files={"validator.py": code}, main="validator.py")


async def judged(judge: LocalJudge, code: str, validator: SourceProgram, *flags: str) -> JudgeReport:
    checker = Checker(kind=CheckerKind.CUSTOM, flags=flags)
    return await judge.report(code, [("7\n", "10\n")], checker=checker, validator=validator)


async def test_any_right_output_is_accepted(judge: LocalJudge) -> None:
    assert (await judged(judge, "print(4, 6)", python_validator())).verdict is Verdict.AC
    assert (await judged(judge, "print(9, 1)", python_validator())).verdict is Verdict.AC
    wrong = await judged(judge, "print(9, 2)", python_validator())
    assert wrong.verdict is Verdict.WA
    assert wrong.results[0].message == "the sum is not right"


async def test_flags_reach_the_validator(judge: LocalJudge) -> None:
    assert (await judged(judge, "print(1, 2, 7)", python_validator(), "three")).verdict is Verdict.AC


async def test_several_files(judge: LocalJudge) -> None:
    files = {"main.cpp": CPP_MAIN, "validate.h": CPP_HEADER, "validate.cc": CPP_OTHER}
    validator = SourceProgram(language="cpp", files=files, main="main.cpp")
    assert (await judged(judge, "print(4, 6)", validator)).verdict is Verdict.AC
    wrong = await judged(judge, "print('x')", validator)
    assert (wrong.verdict, wrong.results[0].message) == (Verdict.WA, "not a partition")


@pytest.mark.parametrize(
    "code",
    [
        b"1 / 0",
        b"pass",
        b"import sys; sys.exit(1)",
        b"import os; os.abort()",
        b"print('x' * 10**6); 1 / 0",
    ],
    ids=["crash", "exit code 0", "exit code 1", "signal", "flood"],
)
async def test_a_failing_validator_says_nothing_about_the_program(judge: LocalJudge, code: bytes) -> None:
    report = await judged(judge, "print(4, 6)", python_validator(code))
    assert report.verdict is Verdict.IE
    assert "validator" in report.results[0].message


async def test_a_validator_that_cannot_be_used(judge: LocalJudge) -> None:
    broken = SourceProgram(language="cpp", files={"main.cpp": b"int main("}, main="main.cpp")
    with pytest.raises(FailedPrecondition, match="does not compile"):
        await judged(judge, "print(4, 6)", broken)
    with pytest.raises(FailedPrecondition, match="cannot run"):
        await judged(judge, "print(4, 6)", SourceProgram(language="ada", files={"a": b""}, main="a"))


async def test_validators_are_shut_in_too(judge: LocalJudge) -> None:
    code = b"""
import os, socket, sys
try: socket.socket(); sys.exit(42)
except OSError: pass
sys.exit(43 if os.getuid() and not os.path.exists("/etc/passwd") else 42)
"""
    assert (await judged(judge, "print(4, 6)", python_validator(code))).verdict is Verdict.WA


async def test_the_program_does_not_see_what_the_validator_sees(judge: LocalJudge) -> None:
    code = "import os\nprint(*[f for _, _, files in os.walk('/program') for f in files], *os.listdir('/box'))"
    seen = b"import sys\nwords = sys.stdin.read().split()\nsys.exit(42 if words == ['main.py'] else 43)"
    report = await judged(judge, code, python_validator(seen))
    assert report.verdict is Verdict.AC, report
