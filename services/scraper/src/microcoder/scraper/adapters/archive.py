"""Reading whatever a path names: folder, tar or zip."""

from pathlib import Path

from microcoder.scraper.adapters.folder import read_folder
from microcoder.scraper.adapters.spool import Spool
from microcoder.scraper.adapters.tar import NotATar, read_tar
from microcoder.scraper.adapters.zip import NotAZip, read_zip
from microcoder.scraper.domain.listing import Listing

_SUFFIXES = (".gz", ".bz2", ".xz", ".tar", ".tgz", ".tbz2", ".txz", ".zip", ".kpp")
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


class Unreadable(Exception):
    """Nothing in it can be read: it is no archive, or it is damaged from the beginning."""


def read_any(path: Path, spool: Spool) -> Listing:
    """Everything in the folder, tar (plain, gz, bz2, xz) or zip at `path`. Blocks; call it in a thread.

    Raises:
        Unreadable: It is none of them, or cannot be opened.
    """
    if path.is_dir():
        return read_folder(path, spool)
    if not path.is_file():
        raise Unreadable(f"{path.name} is neither a folder nor a file")
    try:
        return read_zip(path, spool) if _is_zip(path) else read_tar(path, spool)
    except NotAZip as error:
        raise Unreadable(f"{path.name} is a damaged or cut zip: {error}") from error
    except NotATar as error:
        raise Unreadable(f"{path.name} is not a tar (plain, gz, bz2, xz) nor a zip, or is damaged: {error}") from error


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in _ZIP_MAGICS
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror or error}") from error


def stem(path: Path) -> str:
    """The name of the folder or archive without the suffixes of archives."""
    name = path.name
    while not path.is_dir() and name.lower().endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    return name or path.name
