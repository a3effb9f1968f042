"""LiveCodeBench's hidden tests: JSON text, or base64 of zlib of a pickle of that text.

The pickle is never executed. Its opcodes are read one by one, and every opcode is refused that a pickle of a single
string does not need, so that nothing can be imported, called or built.
"""

import base64
import binascii
import json
import pickletools
import zlib
from typing import Any

from microcoder.evaluator.domain.items import DatasetError, ItemTest

MAX_DECODED_BYTES = 256 * 1024 * 1024
"""Largest hidden tests of one item; LiveCodeBench's largest are below 100 MiB."""

_FRAMING = frozenset({"PROTO", "FRAME", "STOP", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"})
_STRINGS = frozenset({"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})


def hidden_tests(encoded: str, *, max_bytes: int = MAX_DECODED_BYTES) -> tuple[ItemTest, ...]:
    """The tests in `private_test_cases`, empty where it is.

    Raises:
        DatasetError: It is neither form, larger than `max_bytes`, or a pickle of anything but a string.
    """
    if not encoded.strip():
        return ()
    text = encoded if encoded.lstrip().startswith("[") else _string_in_pickle(_inflated(encoded, max_bytes))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"is not JSON: {error}") from error
    return tests_of(value)


def tests_of(value: Any) -> tuple[ItemTest, ...]:
    """Tests from a JSON list of `{input, output}`.

    Raises:
        DatasetError: It is something else.
    """
    if not isinstance(value, list):
        raise DatasetError(f"must be a list of tests, not {_kind(value)}")
    return tuple(_test(position, entry) for position, entry in enumerate(value, start=1))


def _test(position: int, entry: Any) -> ItemTest:
    if not isinstance(entry, dict):
        raise DatasetError(f"test {position} must be an object, not {_kind(entry)}")
    for key in ("input", "output"):
        if not isinstance(entry.get(key), str):
            raise DatasetError(f"test {position}: {key} must be text, not {_kind(entry.get(key))}")
    return ItemTest(input=entry["input"], output=entry["output"])


def _inflated(encoded: str, max_bytes: int) -> bytes:
    try:
        packed = base64.b64decode(encoded, validate=True)
        inflate = zlib.decompressobj()
        data = inflate.decompress(packed, max_bytes + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise DatasetError(f"is neither a JSON list nor base64 of zlib: {error}") from error
    if len(data) > max_bytes:
        raise DatasetError(f"is larger than {max_bytes} bytes when decompressed")
    if not inflate.eof:
        raise DatasetError("is cut off: its zlib stream has no end")
    return data


def _string_in_pickle(data: bytes) -> str:
    found: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _STRINGS:
                found.append(str(argument))
            elif opcode.name not in _FRAMING:
                raise DatasetError(f"holds a pickle with {opcode.name}; only a pickled string is accepted")
    except DatasetError:
        raise
    except Exception as error:  # genops lets whatever its readers meet in broken bytes pass through
        raise DatasetError(f"holds a broken pickle: {error}") from error
    if len(found) != 1:
        raise DatasetError(f"holds a pickle with {len(found)} strings; exactly one is accepted")
    return found[0]


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
