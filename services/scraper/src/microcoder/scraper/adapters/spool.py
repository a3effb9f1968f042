"""Where the bytes of an archive wait until its packages are known."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """What reading one archive or folder may cost."""

    max_bytes: int
    """All its files together, uncompressed."""
    max_file_bytes: int
    """One file."""
    max_members: int
    """Number of files, folders and links."""


class OverLimit(Exception):
    """The archive is larger than allowed; what was read before stays."""


class Stopped(Exception):
    """The process is ending; nothing is wrong with the archive."""


class Spool:
    """Counts what is read, refuses what is too much, and keeps contents as numbered files in `folder`."""

    def __init__(self, folder: Path, limits: ReadLimits, *, stop: threading.Event | None = None) -> None:
        self.limits = limits
        self._folder = folder
        self._stop = stop
        self._bytes = 0
        self._members = 0

    def count_member(self) -> None:
        """Counts one file, folder or link.

        Raises:
            OverLimit: It is one too many.
            Stopped: Whoever asked for the reading has gone.
        """
        if self._stop is not None and self._stop.is_set():
            raise Stopped
        self._members += 1
        if self._members > self.limits.max_members:
            raise OverLimit(f"more than {self.limits.max_members} members")

    def count_bytes(self, size: int) -> None:
        """Counts `size` bytes before or after they are read.

        Raises:
            OverLimit: It is too much.
        """
        self._bytes += size
        if self._bytes > self.limits.max_bytes:
            raise OverLimit(f"more than {self.limits.max_bytes} bytes uncompressed")

    def keep(self, source: IO[bytes], size: int) -> Path:
        """Copies exactly `size` bytes of `source`, which `count_bytes` has counted.

        Raises:
            EOFError: `source` ended before.
        """
        path = self._folder / str(self._members)
        left = size
        with path.open("wb") as out:
            while left:
                chunk = source.read(min(CHUNK, left))
                if not chunk:
                    raise EOFError(f"{left} bytes are missing")
                out.write(chunk)
                left -= len(chunk)
        return path
