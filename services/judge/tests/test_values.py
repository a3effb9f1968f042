import pytest

from microcoder.core.problem import ValueKind
from microcoder.judge.domain.values import Rules, fits, read_value, same_text


@pytest.mark.parametrize(
    ("result", "wanted", "same"),
    [
        ("[1, 2]", "[1,2]", True),
        ("[[1, 2], [3]]", "[[1,2],[3]]", True),
        ("[1, 2]", "[2, 1]", False),
        ("[1]", "[1, 1]", False),
        ("true", "1", False),
        ("1", "true", False),
        ("1.0", "1", True),
        ("0.30000000000000004", "0.3", True),
        ("[[0.1, 0.3000000001]]", "[[0.1, 0.3]]", True),
        ("0.3001", "0.3", False),
        ("0.1234567", "0.12346", True),
        ("1000000.5", "1000000.4", True),
        ("2.9999999999999996", "3", True),
        ("1000000000.5", "1000000000", False),
        ("NaN", "NaN", True),
        ("NaN", "0.5", False),
        ("Infinity", "Infinity", True),
        ("Infinity", "-Infinity", False),
        ("Infinity", "1e300", False),
        ('"NaN"', "NaN", False),
        ("[1, 2], 3", "[1, 2]", False),
        ("9007199254740993", "9007199254740992", False),
        ('"1"', "1", False),
        ("null", "0", False),
        ("null", "null", True),
        ('{"a": [1]}', '{"a": [1.0]}', True),
        ('{"a": 1}', '{"b": 1}', False),
        ("1e400", "1", False),
        ("1" + "0" * 5000, "1" + "0" * 5000, True),
        ("1" + "0" * 5000, "2" + "0" * 5000, False),
        ("1" + "0" * 500, "1.5", False),
        ('"\\ud800"', '"\\ud800"', True),
    ],
)
def test_equality(result: str, wanted: str, same: bool) -> None:
    assert fits(result.encode(), read_value(wanted.encode()), Rules()) is same
    assert not same_text(result.encode(), wanted.encode()) or same


@pytest.mark.parametrize(
    ("result", "wanted", "levels", "same"),
    [
        ("[2, 1]", "[1, 2]", 0, False),
        ("[2, 1]", "[1, 2]", 1, True),
        ("[2, 1, 1]", "[1, 2, 2]", 1, False),
        ("[[1, 2], [3]]", "[[3], [2, 1]]", 1, False),
        ("[[1, 2], [3]]", "[[3], [2, 1]]", 2, True),
        ('[null, true, 1, "a", {"b": 2}, 0.30000000000000004]', '[{"b": 2}, "a", 0.3, 1, true, null]', 1, True),
        ("[true]", "[1]", 1, False),
    ],
)
def test_order(result: str, wanted: str, levels: int, same: bool) -> None:
    assert fits(result.encode(), read_value(wanted.encode()), Rules(unordered_levels=levels)) is same


def test_a_stated_tolerance_holds_for_whole_numbers_too() -> None:
    assert fits(b"2.0001", 2, Rules(absolute=1e-3, relative=0.0, whole_too=True))
    assert not fits(b"2.0001", 2.0, Rules(absolute=1e-5, relative=0.0))
    assert not fits(b"50000000000000001", 50000000000000000, Rules(relative=1e-3, whole_too=True))


def test_trees_and_lists_have_one_spelling() -> None:
    assert fits(b"[1, 2]", [1, 2, None, None], Rules(returns=ValueKind.BINARY_TREE))
    assert fits(b"[]", None, Rules(returns=ValueKind.LINKED_LIST))
    assert fits(b"[[1], []]", [[1, None], None], Rules(returns=ValueKind.BINARY_TREES))
    assert not fits(b"[]", None, Rules())


def test_a_result_of_another_shape_is_not_read() -> None:
    assert not fits(b"[" + b"[]," * 1000 + b"not json", [1], Rules())


@pytest.mark.parametrize(
    "text", [b"", b"1 2", b"nan", b"\xff", b"[" * 100_000, b"[" * 500 + b"]" * 500, b"__import__('os')"]
)
def test_what_is_not_one_plain_value_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_value(text)
