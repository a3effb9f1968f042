"""Files that are replaced while a process runs: mounted secrets on rotation."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from microcoder.core.errors import FailedPrecondition

_LOG = logging.getLogger(__name__)
_Stamp = tuple[tuple[int, int, int], ...]

T = TypeVar("T")


class Reloaded(Generic[T]):
    """What `read` makes of some files, made anew when one of them has changed.

    A changed set that cannot be read, as when a certificate is there before its key, is logged, and what was read
    before stays in force.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[], T]) -> None:
        """Reads the files.

        Raises:
            FailedPrecondition: One cannot be read, or does not hold what it should.
        """
        self._paths = paths
        self._read = read
        self._stamp = self._look()
        self._value = read()

    def current(self) -> T:
        """As of now. Costs one `stat` a file."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            self._reload()
        return self._value

    def _reload(self) -> None:
        names = [str(path) for path in self._paths]
        try:
            self._value = self._read()
        except FailedPrecondition as error:
            _LOG.warning("%s; what was read before stays in force", error.message)
        else:
            _LOG.info("read anew after a change", extra={"files": names})

    def _look(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._paths)


def read_file(path: Path, *, kind: str) -> bytes:
    """The content of `path`.

    Args:
        path: Which.
        kind: Of file, for the error: `TLS`.

    Raises:
        FailedPrecondition: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FailedPrecondition(
            f"The {kind} file {path} cannot be read: {error.strerror}", reason=f"{kind.upper()}_FILE"
        ) from error


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)
