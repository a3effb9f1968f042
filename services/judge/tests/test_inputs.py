import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Limits
from microcoder.judge.domain.languages import Tools, fill, language_table
from microcoder.judge.domain.limits import LARGEST, problem_limits, requested_limits
from microcoder.judge.domain.program import MAX_SOURCE_BYTES, SourceProgram


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/passwd", "a/../b", "", "a//b", "-o", "a b", "a\nb", "é.py", ".", "x" * 101]
)
def test_unsafe_paths(path: str) -> None:
    with pytest.raises(InvalidArgument):
        SourceProgram(language="python3", files={path: b""}, main=path)


def test_programs_have_their_main_file_and_a_size() -> None:
    SourceProgram(language="cpp", files={"src/main.cpp": b"", "src/lib/util.h": b""}, main="src/main.cpp")
    with pytest.raises(InvalidArgument):
        SourceProgram(language="cpp", files={"a.cpp": b""}, main="b.cpp")
    with pytest.raises(InvalidArgument):
        SourceProgram(language="cpp", files={"a.cpp": b"x" * (MAX_SOURCE_BYTES + 1)}, main="a.cpp")


def test_requests_are_taken_as_they_are_and_problems_are_scaled_and_cut() -> None:
    assert requested_limits(Limits(cpu_time_ms=1_500)).cpu_time_ms == 1_500
    assert problem_limits(Limits(cpu_time_ms=1_500), multiplier=3).cpu_time_ms == 4_500
    assert problem_limits(Limits(memory_bytes=2**50), multiplier=1).memory_bytes == LARGEST.memory_bytes
    with pytest.raises(InvalidArgument) as error:
        requested_limits(Limits(cpu_time_ms=0, memory_bytes=2**50))
    assert set(error.value.fields) == {"cpu_time_ms", "memory_bytes"}


def test_the_table() -> None:
    table = language_table(Tools(python="/py", cc="/cc", cxx="/cxx"), multipliers={"cpp": 2.0})
    assert table["cpp"].time_multiplier == 2.0
    assert table["python3"].interpreted
    filled = fill(table["cpp"].compile, main="a.cpp", sources=("a.cpp", "b.cpp"))
    assert filled[0] == "/cxx"
    assert filled[-2:] == ("{program}/a.cpp", "{program}/b.cpp")
