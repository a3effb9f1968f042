import time

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, CheckerKind
from microcoder.judge.domain.comparison import difference, with_flags

TOKENS = Checker()
CASE = Checker(case_sensitive=True)
SPACE = Checker(space_sensitive=True)
EXACT = Checker(kind=CheckerKind.EXACT)
ABSOLUTE = Checker(float_absolute=1e-6)
RELATIVE = Checker(float_relative=1e-6)
BOTH = Checker(float_absolute=1e-6, float_relative=1e-6)


@pytest.mark.parametrize(
    ("checker", "output", "answer", "right"),
    [
        (TOKENS, b"1 2 \n\n", b"1 2\n", True),
        (TOKENS, b"3", b"3\n", True),
        (TOKENS, b"1\n2\n", b"1 2\n", True),
        (TOKENS, b"1\r\n2\r\n", b"1\n2\n", True),
        (TOKENS, b"3\n", b"\xef\xbb\xbf3\n", True),
        (TOKENS, b"", b"", True),
        (TOKENS, b" \n", b"", True),
        (TOKENS, b"x", b"", False),
        (TOKENS, b"", b"x", False),
        (TOKENS, b"1", b"1 2", False),
        (TOKENS, b"1 2 3", b"1 2", False),
        (TOKENS, b"1.0", b"1", False),
        (TOKENS, b"007", b"7", False),
        (TOKENS, b"1_000", b"1000", False),
        (TOKENS, b"+1", b"1", False),
        (TOKENS, b"50000000000000000", b"50000000000000001", False),
        (TOKENS, b"yes", b"YES", True),
        (TOKENS, b"a\x00b", b"ab", False),
        (TOKENS, b"\xff\xfe", b"x", False),
        (TOKENS, b"\xff\xfe\n", b"\xff\xfe", True),
        (CASE, b"yes", b"YES", False),
        (SPACE, b"1  2\n", b"1 2\n", False),
        (SPACE, b"1 2", b"1 2\n", False),
        (SPACE, b"A 2\n", b"a 2\n", True),
        (EXACT, b"1 2", b"1 2\n", True),
        (EXACT, b"1\r\n", b"1\n", True),
        (EXACT, b"1 \n", b"1\n", False),
        (EXACT, b"a\n", b"A\n", False),
        (ABSOLUTE, b"0.3333333334", b"0.333333333333", True),
        (ABSOLUTE, b"1e-9", b"0", True),
        (ABSOLUTE, b"1000000.9", b"1000001", False),
        (RELATIVE, b"1000000.9", b"1000001", True),
        (RELATIVE, b"1e-9", b"0", False),
        (BOTH, b"1e-9", b"0", True),
        (BOTH, b"5.0", b"5", True),
        (BOTH, b".5e1", b"5", True),
        (BOTH, b"1.4\xf0\x9f\x9a\x80", b"1.4", False),
        (BOTH, b"0x1p3", b"8", False),
        (BOTH, b"1_0", b"10", False),
        (BOTH, b"nan", b"1", False),
        (BOTH, b"NaN", b"nan", True),
        (BOTH, b"inf", b"-inf", False),
        (BOTH, b"0", b"inf", False),
        (BOTH, b"1e999", b"1", False),
        (BOTH, b"1", b"1e999", False),
        (BOTH, b"word", b"word", True),
        (BOTH, b"1.0000001", b"1,0", False),
    ],
)
def test_rules(checker: Checker, output: bytes, answer: bytes, right: bool) -> None:
    assert (difference(output, answer, checker) is None) is right


def test_the_reason_shows_the_output_and_never_the_answer() -> None:
    reason = difference(b"1 2 77", b"1 2 31415926", TOKENS)
    assert reason is not None
    assert "77" in reason
    assert "31415926" not in reason
    assert "line 2" in (difference(b"a\nb\n", b"a\n31415926\n", EXACT) or "")


@pytest.mark.parametrize("checker", [TOKENS, SPACE, BOTH, EXACT])
def test_millions_of_tokens_take_linear_time(checker: Checker) -> None:
    output = b"1 " * 200_000
    begun = time.process_time()
    assert difference(output + b"2", output + b"3", checker) is not None
    assert difference(output, b"9" * 400_000, checker) is not None
    assert time.process_time() - begun < 4


def test_kattis_flags() -> None:
    changed = with_flags(Checker(), ("case_sensitive", "space_change_sensitive", "float_tolerance", "1e-4"))
    assert changed == Checker(case_sensitive=True, space_sensitive=True, float_absolute=1e-4, float_relative=1e-4)
    assert with_flags(Checker(), ("float_absolute_tolerance", "0.5")) == Checker(float_absolute=0.5)
    assert with_flags(Checker(), ("float_relative_tolerance", "0.5")) == Checker(float_relative=0.5)


@pytest.mark.parametrize("flags", [("float_tolerance",), ("float_tolerance", "x"), ("unknown",)])
def test_bad_flags(flags: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArgument):
        with_flags(Checker(), flags)
