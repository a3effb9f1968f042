import pytest

from microcoder.core.verdict import Verdict
from microcoder.normalizer.domain.programs import submissions
from microcoder.testing.packages import MemoryPackage

AC, WA, TLE, ITL, MLE, OLE, RE = (Verdict[v] for v in ("AC", "WA", "TLE", "ITL", "MLE", "OLE", "RE"))


def only(path: str, code: str = "x") -> tuple[str, tuple[Verdict, ...]]:
    programs = submissions(MemoryPackage({f"submissions/{path}": code.encode()}), max_bytes=1000)
    assert [program.name for program in programs] == [path]
    return programs[0].language, programs[0].expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("accepted", (AC,)), ("slow_accepted", (AC, TLE, ITL)), ("wrong_answer", (WA, OLE)),
        ("time_limit_exceeded", (TLE, ITL)), ("run_time_error", (RE, MLE)), ("memory_limit_exceeded", (MLE, RE)),
        ("partially_accepted", (WA, TLE, ITL, RE, MLE, OLE)),
    ],
)  # fmt: skip
def test_expected_by_folder(folder: str, expected: tuple[Verdict, ...]) -> None:
    assert only(f"{folder}/a.py")[1] == expected


@pytest.mark.parametrize(
    ("name", "code", "language"),
    [
        ("a.py", "x", "python3"), ("a.py", "#!/usr/bin/env python2\n", "python2"), ("a.cc", "x", "cpp"),
        ("a.cpp", "x", "cpp"), ("a.c", "x", "c"), ("A.java", "x", "java"), ("a.kt", "x", "kotlin"),
        ("a.rs", "x", "rust"),
    ],
)  # fmt: skip
def test_languages(name: str, code: str, language: str) -> None:
    assert only(f"accepted/{name}", code)[0] == language


def test_a_comment_overrides_the_folder() -> None:
    assert only("wrong_answer/a.py", "# @EXPECTED_RESULTS@: TIMELIMIT, RUN-ERROR\n")[1] == (TLE, ITL, RE, MLE)
    assert only("accepted/a.py", "# @EXPECTED_RESULTS@: SURPRISE\n")[1] == (AC,)
    assert only("mixed/a.py", "# @EXPECTED_RESULTS@: CORRECT\n")[1] == (AC,)


def test_what_is_left_out() -> None:
    files = {"submissions/README": b"", "submissions/accepted/notes.txt": b"", "submissions/odd/a.py": b"x",
             "submissions/accepted/big.py": b"x" * 2000, "submissions/accepted/.a.py": b"x"}  # fmt: skip
    assert submissions(MemoryPackage(files), max_bytes=1000) == ()


def test_a_folder_is_one_program_with_its_main_file_first() -> None:
    files = {
        "submissions/accepted/both/a.py": b"def f(): pass",
        "submissions/accepted/both/z.py": b"if __name__ == '__main__': f()",
        "submissions/accepted/both/lib/c.py": b"",
    }
    (program,) = submissions(MemoryPackage(files), max_bytes=1000)
    assert program.name == "accepted/both"
    assert [file.path for file in program.files] == ["z.py", "a.py", "lib/c.py"]
