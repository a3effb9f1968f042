import time
import tracemalloc

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Checker, CheckerKind
from microcoder.judge.domain.comparison import difference, with_flags

TOKENS = Checker()
CASE = Checker(case_sensitive=True)
SPACE = Checker(space_sensitive=True)
EXACT = Checker(kind=CheckerKind.EXACT)
LINES = Checker(kind=CheckerKind.LINES)
ABSOLUTE = Checker(float_absolute=1e-6)
RELATIVE = Checker(float_relative=1e-6)
BOTH = Checker(float_absolute=1e-6, float_relative=1e-6)
NOTHING = Checker(float_absolute=0.0, float_relative=0.0)
YES_NO = Checker(kind=CheckerKind.YES_NO)
ANY_ORDER = Checker(kind=CheckerKind.UNORDERED_TOKENS)
ANY_ORDER_CASE = Checker(kind=CheckerKind.UNORDERED_TOKENS, case_sensitive=True)
ANY_LINES = Checker(kind=CheckerKind.UNORDERED_LINES)


@pytest.mark.parametrize(
    ("checker", "output", "answer", "right"),
    [
        (TOKENS, b"1 2 \n\n", b"1 2\n", True),
        (TOKENS, b"3", b"3\n", True),
        (TOKENS, b"1\n2\n", b"1 2\n", True),
        (TOKENS, b"1\r\n2\r\n", b"1\n2\n", True),
        (TOKENS, b"1\n2\n", b"1\r\n2\r\n", True),
        (TOKENS, b"3\n", b"\xef\xbb\xbf3\n", True),
        (TOKENS, b"", b"", True),
        (TOKENS, b" \n", b"", True),
        (TOKENS, b"x", b"", False),
        (TOKENS, b"", b"x", False),
        (TOKENS, b" \n\t", b"x", False),
        (TOKENS, b"1", b"1 2", False),
        (TOKENS, b"1 2 3", b"1 2", False),
        (TOKENS, b"12", b"1 2", False),
        (TOKENS, b"1 2", b"12", False),
        (TOKENS, b"1.0", b"1", False),
        (TOKENS, b"007", b"7", False),
        (TOKENS, b"1_000", b"1000", False),
        (TOKENS, b"+1", b"1", False),
        (TOKENS, b"50000000000000000", b"50000000000000001", False),
        (TOKENS, b"yes", b"YES", True),
        (TOKENS, "é".encode(), "É".encode(), False),
        (TOKENS, b"a\x00b", b"ab", False),
        (TOKENS, b"\xff\xfe", b"x", False),
        (TOKENS, b"\xff\xfe\n", b"\xff\xfe", True),
        (TOKENS, b"1\x0b2\x0c3", b"1 2 3", True),
        (CASE, b"yes", b"YES", False),
        (SPACE, b"1  2\n", b"1 2\n", False),
        (SPACE, b"1 2", b"1 2\n", False),
        (SPACE, b" 1 2\n", b"1 2\n", False),
        (SPACE, b"A 2\n", b"a 2\n", True),
        (EXACT, b"1 2", b"1 2\n", True),
        (EXACT, b"1\r\n", b"1\n", True),
        (EXACT, b"1\n", b"\xef\xbb\xbf1\r\n", True),
        (EXACT, b"1 \n", b"1\n", False),
        (EXACT, b"1\n\n", b"1\n", False),
        (EXACT, b"a\n", b"A\n", False),
        (LINES, b"1  \n2\t\r\n\n \n", b"1\n2", True),
        (LINES, b"1\n", b"\xef\xbb\xbf1\r\n\r\n", True),
        (LINES, b"", b"\n\n", True),
        (LINES, b"1 2", b"1\n2", False),
        (LINES, b"1\n\n2", b"1\n2", False),
        (LINES, b"1\n\n2", b"1\n\n2\n", True),
        (LINES, b" 1\n", b"1\n", False),
        (LINES, b"1  2", b"1 2", False),
        (LINES, b"a", b"A", False),
        (LINES, b"1\n2\n3", b"1\n2", False),
        (LINES, b"1\n\n\n", b"1\n\n\nx", False),
        (LINES, b"1", b"1\n2", False),
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
        (BOTH, b"1e400", b"1E400", True),
        (BOTH, b"word", b"word", True),
        (BOTH, b"1.0000001", b"1,0", False),
        (BOTH, b"-0", b"0.0", True),
        (BOTH, b"1" + b"0" * 500, b"1" + b"0" * 499 + b"1", False),
        (BOTH, b"9" * 500, b"9" * 500, True),
        (NOTHING, b"1.50", b"1.5", True),
        (NOTHING, b"1.5000000000000002", b"1.5", False),
        (NOTHING, b"1e-4000", b"0", False),
        (NOTHING, b"0e7", b"0.000", True),
        (Checker(float_absolute=0.1), b"0.4", b"0.3", True),
        (Checker(float_absolute=0.1), b"0.40000000000000000001", b"0.3", False),
        (Checker(float_absolute=1e-6), b"0.999999", b"1", True),
        (Checker(float_relative=0.5), b"1e308", b"1.7e308", True),
        (Checker(float_relative=2.0), b"-1e308", b"1.7e308", True),
        (YES_NO, b"Yes NO yEs", b"YES no YES", True),
        (YES_NO, b"Yes", b"NO", False),
        (YES_NO, b"yes impossible", b"YES impossible", True),
        (YES_NO, b"Impossible", b"impossible", False),
        (YES_NO, b"yes", b"YES NO", False),
        (ANY_ORDER, b"3 1\n2 1", b"1 1 2 3\n", True),
        (ANY_ORDER, b"3 1 2 2", b"1 1 2 3", False),
        (ANY_ORDER, b"1 1 2", b"1 2", False),
        (ANY_ORDER, b"1 2", b"1 2 2", False),
        (ANY_ORDER, b"B a", b"A b", True),
        (ANY_ORDER_CASE, b"B a", b"A b", False),
        (ANY_ORDER, b"", b"\n", True),
        (ANY_ORDER, b"12", b"1 2", False),
        (ANY_LINES, b"2 3\r\n\n1 2 \n", b"1 2\n2 3\n", True),
        (ANY_LINES, b"3 2\n1 2\n", b"1 2\n2 3\n", False),
        (ANY_LINES, b"1 2\n1 2\n", b"1 2\n", False),
        (ANY_LINES, b"a", b"A", False),
    ],
)
def test_rules(checker: Checker, output: bytes, answer: bytes, right: bool) -> None:
    assert (difference(output, answer, checker) is None) is right


def test_the_message_shows_the_output_and_never_the_answer() -> None:
    found = difference(b"1 2 77", b"1 2 31415926", TOKENS)
    assert found is not None
    assert "77" in found.message
    assert "31415926" not in found.message
    lines = difference(b"a\nb\n", b"a\n31415926\n", EXACT)
    assert lines is not None
    assert "line 2" in lines.message
    assert "31415926" not in lines.message


@pytest.mark.parametrize(
    ("checker", "output", "answer", "message", "place"),
    [
        (TOKENS, b"1 2\n3 x\n", b"1\n2 3 4\n", "token 4 (line 2) is wrong: 'x'", (2, 2, 4, "x", "4")),
        (TOKENS, b"1 2", b"1 2\n3", "the output ends after 2 tokens, more are expected", (0, 2, 3, "", "3")),
        (TOKENS, b"1 2\n3", b"1 2", "the output has more than the expected 2 tokens", (2, 0, 3, "3", "")),
        (TOKENS, b"1 23", b"1 2", "token 2 (line 1) is wrong: '23'", (1, 1, 2, "23", "2")),
        (SPACE, b"1  2", b"1 2", "the white space after token 1 (line 1) is wrong", (1, 1, 2, "  ", " ")),
        (LINES, b"a\nb \n", b"a\nc\n", "line 2 is wrong: 'b'", (2, 2, 0, "b", "c")),
        (EXACT, b"a\n", b"a\nb\n", "the output ends after 1 lines, more are expected", (0, 2, 0, "", "b")),
        (LINES, b"a\nb\n", b"a\n", "the output has more than the expected 1 lines", (2, 0, 0, "b", "")),
        (ANY_ORDER, b"3\n1 1", b"1 2 3", "token 3 is wrong: '1'", (2, 0, 3, "1", "")),
        (ANY_ORDER, b"3 1", b"1 2 3", "the output has 2 tokens, 3 are expected", (0, 0, 0, "", "")),
    ],
)
def test_places(
    checker: Checker, output: bytes, answer: bytes, message: str, place: tuple[int, int, int, str, str]
) -> None:
    found = difference(output, answer, checker)
    assert found is not None
    where = found.difference
    assert found.message == message
    assert (where.output_line, where.answer_line, where.token, where.got, where.expected) == place


@pytest.mark.parametrize("checker", [TOKENS, EXACT, LINES, ANY_ORDER, ANY_LINES])
def test_shown_pieces_are_short_and_readable(checker: Checker) -> None:
    found = difference(b"ok\n" + "é\x1b[2J".encode() * 100_000 + b"\xff", b"ok\n" + "ü".encode() * 100_000, checker)
    assert found is not None
    assert len(found.message) < 600
    assert len(found.difference.got) <= 200
    assert len(found.difference.expected) <= 200
    assert "\x1b" not in found.message + found.difference.got
    found.difference.got.encode()


def test_long_outputs_in_any_order() -> None:
    numbers = [b"%d" % n for n in range(60_000)]
    answer, output = b" ".join(numbers), b"\n".join(reversed(numbers))
    assert difference(output, answer, ANY_ORDER) is None
    assert difference(output + b" 7", answer, ANY_ORDER) is not None
    assert difference(output + b" 7", answer + b" 8", ANY_ORDER) is not None


@pytest.mark.parametrize("checker", [TOKENS, SPACE, BOTH, EXACT, LINES, YES_NO, ANY_ORDER, ANY_LINES])
def test_millions_of_tokens_take_linear_time(checker: Checker) -> None:
    output = b"1 " * 200_000
    begun = time.process_time()
    assert difference(output + b"2", output + b"3", checker) is not None
    assert difference(b"0 " + output, b"1 " + output, checker) is not None
    assert difference(output, b"9" * 400_000, checker) is not None
    assert difference(b"\n" * 400_000, b"9" * 400_000, checker) is not None
    assert time.process_time() - begun < 8


def test_big_texts_are_not_copied_into_tokens() -> None:
    output, answer = b"10 " * 100_000 + b"1\n", b"01 " * 100_000 + b"1\n"
    for checker in (TOKENS, ANY_ORDER):
        tracemalloc.start()
        difference(output, answer, checker)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * len(output), checker


def test_kattis_flags() -> None:
    changed = with_flags(Checker(), ("case_sensitive", "space_change_sensitive", "float_tolerance", "1e-4"))
    assert changed == Checker(case_sensitive=True, space_sensitive=True, float_absolute=1e-4, float_relative=1e-4)
    assert with_flags(Checker(), ("float_absolute_tolerance", "0.5")) == Checker(float_absolute=0.5)
    assert with_flags(Checker(), ("float_relative_tolerance", "0")) == Checker(float_relative=0.0)


@pytest.mark.parametrize(
    "flags",
    [
        ("float_tolerance",),
        ("float_tolerance", "x"),
        ("float_tolerance", "-1"),
        ("float_tolerance", "inf"),
        ("unknown",),
    ],
)
def test_bad_flags(flags: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArgument):
        with_flags(Checker(), flags)
