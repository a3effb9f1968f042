import pytest

from microcoder.judge.domain.values import read_value, same_value


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
        ("[0.1, 0.3000000001]", "[0.1, 0.3]", True),
        ("0.3001", "0.3", False),
        ("1000000000.5", "1000000000", True),
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
    assert same_value(read_value(result.encode()), read_value(wanted.encode())) is same


@pytest.mark.parametrize(
    "text", [b"", b"1 2", b"NaN", b"[Infinity]", b"\xff", b"[" * 100_000, b"[" * 500 + b"]" * 500, b"__import__('os')"]
)
def test_what_is_not_one_plain_value_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_value(text)
