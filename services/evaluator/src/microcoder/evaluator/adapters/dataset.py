"""Reading a data set from a file."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from microcoder.evaluator.domain.items import DatasetError, EvaluationItem
from microcoder.evaluator.domain.records import read_item

MAX_LINE_BYTES = 512 * 1024 * 1024
"""Longest line; LiveCodeBench's longest are tens of megabytes."""


def dataset_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, as it lies there.

    Raises:
        DatasetError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def read_items(path: Path, *, max_bytes: int) -> Iterator[EvaluationItem]:
    """The items of a `.jsonl` or gzipped `.jsonl.gz` file, one at a time: a data set may not fit into memory.

    Raises:
        DatasetError: The file cannot be read, is larger than `max_bytes` uncompressed, names a question twice, or
            has a line that is no item; the text names line and field.
    """
    seen: dict[str, int] = {}
    for line, text in _lines(path, max_bytes):
        item = read_item(text, line=line)
        if item.id in seen:
            raise DatasetError(f"line {line}, field question_id: {item.id!r} is also on line {seen[item.id]}")
        seen[item.id] = line
        yield item


def _lines(path: Path, max_bytes: int) -> Iterator[tuple[int, str]]:
    left, line = max_bytes, 0
    try:
        with _open(path) as file:
            while data := file.readline(MAX_LINE_BYTES + 1):
                line += 1
                left -= len(data)
                if len(data) > MAX_LINE_BYTES or left < 0:
                    raise DatasetError(
                        f"line {line}: the data set is too large (MICROCODER_EVALUATOR__MAX_DATASET_BYTES)"
                    )
                if data.strip():
                    yield line, _decoded(data, line)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]  # a GzipFile reads as BinaryIO does
    return path.open("rb")


def _decoded(data: bytes, line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DatasetError(f"line {line}: is not UTF-8 at byte {error.start}") from error


def _unreadable(path: Path, error: Exception) -> DatasetError:
    return DatasetError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
