"""Bytes by key in a folder, the least recently used ones dropped beyond a size."""

import hashlib
import os
import re
import tempfile
import threading
from pathlib import Path

from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
_KEY = re.compile(r"[0-9a-f]{64}")
_HASH_BYTES = hashlib.sha256().digest_size
_LOW_WATER = 0.8
"""Share of the size that clearing leaves, so that it is rare."""


class DiskCache:
    """A folder that may be shared by several judges and survives them.

    Every file begins with the SHA-256 of the rest: one that a crash or a disk has damaged is as good as none. A folder
    that cannot be written to caches nothing.

    Args:
        folder: Is made when the first entry comes.
        max_bytes: Size of all entries; 0 for none.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._writing = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """What was put, None where it is not here any more."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        if hashlib.sha256(memoryview(data)[_HASH_BYTES:]).digest() != data[:_HASH_BYTES]:
            path.unlink(missing_ok=True)
            return None
        return data[_HASH_BYTES:]

    def put(self, key: str, data: bytes) -> None:
        """Keeps `data`, and drops what was not used for longest where there is no room."""
        if len(data) > self._max_bytes:
            return
        try:
            with self._writing:
                self._write(self._path(key), data)
        except OSError as error:
            _LOG.warning("a cache entry cannot be kept", folder=str(self._folder), error=error.strerror)

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as scratch:
            scratch.write(hashlib.sha256(data).digest())
            scratch.write(data)
        os.replace(scratch.name, path)
        size = len(data) + _HASH_BYTES
        self._bytes = size + self._bytes if self._bytes is not None else self._measure()
        if self._bytes > self._max_bytes:
            self._clear()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no SHA-256")
        return self._folder / key

    def _measure(self) -> int:
        return sum(size for _, size, _ in self._entries())

    def _entries(self) -> list[tuple[float, int, str]]:
        """When it was last used, size and path of each, the oldest first."""
        found = []
        for entry in os.scandir(self._folder):
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            found.append((status.st_mtime, status.st_size, entry.path))
        return sorted(found)

    def _clear(self) -> None:
        entries = self._entries()
        left = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if left <= self._max_bytes * _LOW_WATER:
                break
            Path(path).unlink(missing_ok=True)
            left -= size
        self._bytes = left
