import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from microcoder.evaluator.domain.encoding import hidden_tests
from microcoder.evaluator.domain.items import DatasetError, ItemTest

TESTS = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}, {"input": "ä\n", "output": "🙂\n"}]
EXPECTED = (ItemTest(input="1 2\n", output="3\n"), ItemTest(input="ä\n", output="🙂\n"))


def encoded(pickled: bytes) -> str:
    return base64.b64encode(zlib.compress(pickled)).decode()


class Attack:
    """Unpickling it makes a folder."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.target),))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_a_pickled_string_is_read(protocol: int) -> None:
    assert hidden_tests(encoded(pickle.dumps(json.dumps(TESTS), protocol))) == EXPECTED


def test_plain_json_and_nothing_are_read() -> None:
    assert hidden_tests(json.dumps(TESTS)) == EXPECTED
    assert hidden_tests("") == ()


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    target = tmp_path / "made-by-attack"
    attack = pickle.dumps(Attack(target))
    pickle.loads(attack)
    assert target.exists()  # it does work against a plain unpickler
    target.rmdir()
    with pytest.raises(DatasetError, match="only a pickled string"):
        hidden_tests(encoded(attack))
    assert not target.exists()


@pytest.mark.parametrize("value", [TESTS, b"bytes", 7, None, ("a",), {"a": "b"}])
def test_pickles_of_anything_but_a_string_are_refused(value: object) -> None:
    with pytest.raises(DatasetError, match="holds a pickle"):
        hidden_tests(encoded(pickle.dumps(value)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("!!!", "neither a JSON list nor base64"),
        (base64.b64encode(b"no zlib").decode(), "neither a JSON list nor base64"),
        (encoded(b""), "broken pickle"),
        (encoded(b"\x80\x04X\xff\xff\xff\x7fshort"), "broken pickle"),
        (encoded(pickle.dumps("a")[:-1]), "broken pickle"),
        (encoded(pickle.dumps("not json")), "is not JSON"),
        (encoded(pickle.dumps("{}")), "must be a list"),
        (encoded(pickle.dumps('[{"input": "1"}]')), "test 1: output must be text, not nothing"),
        ("[1]", "test 1 must be an object"),
        ("[", "is not JSON"),
        (base64.b64encode(zlib.compress(pickle.dumps("[]" * 99))[:-6]).decode(), "cut off|neither"),
    ],
)
def test_broken_encodings_are_named(text: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        hidden_tests(text)


def test_a_decompression_bomb_is_stopped() -> None:
    bomb = encoded(b"0" * 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(DatasetError, match="larger than 1000000 bytes"):
        hidden_tests(bomb, max_bytes=1_000_000)
