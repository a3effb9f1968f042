"""The one form in which a package is stored: an uncompressed tar whose bytes depend on names and contents alone."""

import tarfile
from collections.abc import Iterable
from typing import BinaryIO

from microcoder.scraper.domain.listing import Entry

_MODE = 0o644


def write_canonical(files: Iterable[tuple[str, Entry]], out: BinaryIO) -> None:
    """Writes `files` as a tar: sorted by path, no times, no owners, one mode.

    Equal packages give equal bytes, whatever archive, order or machine they came from.
    """
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in sorted(files, key=lambda item: item[0]):
            if entry.content is None:
                raise ValueError(f"{path} has no content; links and faults are resolved before")
            info = tarfile.TarInfo(path)
            info.size = entry.size
            info.mode = _MODE
            with entry.content.open("rb") as content:
                tar.addfile(info, content)
