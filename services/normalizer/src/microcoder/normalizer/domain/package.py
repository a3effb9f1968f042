"""A problem package, wherever its bytes lie."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.rejecting import Rejected


class Package(Protocol):
    """The files of one package."""

    @property
    def paths(self) -> Sequence[str]:
        """Of all files, relative, with `/`, sorted."""

    def size(self, path: str) -> int:
        """Length in bytes."""

    def read(self, path: str) -> bytes:
        """The bytes. Ask for `size` before."""


def below(package: Package, folder: str) -> list[str]:
    """The paths in `folder`, at any depth."""
    return [path for path in package.paths if path.startswith(folder + "/")]


def first_below(package: Package, folders: Iterable[str]) -> list[str]:
    """The paths in the first of `folders` that holds any."""
    return next((paths for folder in folders if (paths := below(package, folder))), [])


def read_text(package: Package, path: str, *, max_bytes: int) -> str:
    """A text file, without byte order mark, lines ended by line feeds alone.

    Raises:
        Rejected: It is not UTF-8, or too long.
    """
    size = package.size(path)
    if size > max_bytes:
        message = f"{path} has {size} bytes, at most {max_bytes} are read"
        raise Rejected(RejectReason.UNREADABLE_PACKAGE, message)
    try:
        text = package.read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8: byte {error.object[error.start]:#04x} at position {error.start}"
        raise Rejected(RejectReason.BAD_ENCODING, message) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
