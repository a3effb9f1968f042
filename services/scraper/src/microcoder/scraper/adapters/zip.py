"""Reading a zip."""

import lzma
import stat
import zipfile
import zlib
from pathlib import Path

from microcoder.scraper.adapters.folder import is_ignored, link_entry, too_large
from microcoder.scraper.adapters.spool import OverLimit, Spool
from microcoder.scraper.domain.listing import Cut, Entry, Listing, unreadable, unsafe
from microcoder.scraper.domain.names import MAX_NAME, UnsafeName, safe_path

_ENCRYPTED = 0x1
_BROKEN_MEMBER = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
_REGULAR_OR_UNSAID = (0, stat.S_IFREG)


class NotAZip(Exception):
    """The directory of the zip, which lies at its end, cannot be read."""


def read_zip(path: Path, spool: Spool) -> Listing:
    """Everything in the zip at `path`. A damaged member is a faulty entry, the others are read.

    Raises:
        NotAZip: It is none, or is cut.
    """
    entries: list[Entry] = []
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NotAZip(str(error)) from error
    with archive:
        try:
            for info in archive.infolist():
                spool.count_member()
                entry = _entry(archive, info, spool)
                if entry is not None:
                    entries.append(entry)
        except OverLimit as error:
            last = entries[-1].path if entries else ""
            return Listing(entries=tuple(entries), cut=Cut(fault=unsafe(f"the archive holds {error}"), last_path=last))
    return Listing(entries=tuple(entries))


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, spool: Spool) -> Entry | None:
    try:
        path = safe_path(info.filename)
    except UnsafeName as error:
        return Entry(path=error.anchor, fault=unsafe(error.message))
    if info.is_dir() or not path or is_ignored(path):
        return None
    return _file(archive, info, path, spool)


def _file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, spool: Spool) -> Entry:
    spool.count_bytes(info.file_size)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & _ENCRYPTED:
        return Entry(path=path, fault=unreadable(f"{path!r} is encrypted"))
    if kind not in (*_REGULAR_OR_UNSAID, stat.S_IFLNK):
        return Entry(path=path, fault=unsafe(f"{path!r} is neither a file nor a link (a device or a pipe)"))
    if info.file_size > spool.limits.max_file_bytes:
        return too_large(path, info.file_size, spool)
    try:
        return _content(archive, info, path, spool, is_link=kind == stat.S_IFLNK)
    except _BROKEN_MEMBER as error:
        return Entry(path=path, fault=unreadable(f"{path!r} is damaged: {error}"))


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, spool: Spool, *, is_link: bool) -> Entry:
    with archive.open(info) as source:
        if is_link:
            return link_entry(path, source.read(MAX_NAME + 1).decode("utf-8", "surrogateescape"))
        content = spool.keep(source, info.file_size)
        source.read(1)  # at the end of the member the library compares its checksum
    return Entry(path=path, size=info.file_size, content=content)
