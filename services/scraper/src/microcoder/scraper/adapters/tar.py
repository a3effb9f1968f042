"""Reading a tar, compressed or not, as a stream: one pass, no member is ever held in memory."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from pathlib import Path
from tarfile import InvalidHeaderError  # type: ignore[attr-defined]
from typing import IO, Any, Protocol

from microcoder.core.rejection import RejectReason
from microcoder.scraper.adapters.folder import is_ignored, link_entry, too_large
from microcoder.scraper.adapters.spool import OverLimit, Spool
from microcoder.scraper.domain.listing import Cut, Entry, Fault, Listing, unreadable, unsafe
from microcoder.scraper.domain.names import UnsafeName, safe_path

_MAX_HEADER_BYTES = 1024 * 1024
_BROKEN = (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError)
_BROKEN_STREAM = (EOFError, OSError, lzma.LZMAError, zlib.error)


class NotATar(Exception):
    """The bytes do not begin like a tar of any compression."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Stream:
    """Decompressed bytes. Damage shows as EOFError, so that an OSError can only come from writing."""

    def __init__(self, source: _Reader) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except _BROKEN_STREAM as error:
            raise EOFError(str(error) or "the compressed data are damaged") from error


class _StrictTarInfo(tarfile.TarInfo):
    """Where the library takes a missing end for the end, this says that it is missing; and headers are bounded."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> "_StrictTarInfo":
        tar: Any = tarfile
        buffer = tar.fileobj.read(512)
        if len(buffer) < 512:
            raise EOFError("the end of the archive is missing")
        try:
            info: Any = cls.frombuf(buffer, tar.encoding, tar.errors)
        except InvalidHeaderError as error:
            raise EOFError(f"a damaged header ({error})") from error
        info.offset = tar.fileobj.tell() - 512
        if info.type not in _CONTENT_TYPES and info.size > _MAX_HEADER_BYTES:
            raise OverLimit(f"a header of {info.size} bytes")
        member: _StrictTarInfo = info._proc_member(tar)
        return member


_CONTENT_TYPES = tarfile.REGULAR_TYPES


def read_tar(path: Path, spool: Spool) -> Listing:
    """Everything in the tar at `path`; what comes before damage is listed, with the cut.

    Raises:
        NotATar: It is none, or is damaged from the first byte.
    """
    entries: list[Entry] = []
    with path.open("rb") as file, _decompressed(file) as source:
        try:
            tar: Any = tarfile.open(  # noqa: SIM115 - closing a stream would read on
                fileobj=_Stream(source),  # type: ignore[call-overload]
                mode="r|",
                tarinfo=_StrictTarInfo,
            )
        except OverLimit as error:
            return Listing(entries=(), cut=Cut(fault=unsafe(f"the archive holds {error}"), last_path=""))
        except _BROKEN as error:
            raise NotATar(str(error)) from error
        cut = _read_members(tar, spool, entries)
    if not entries and cut is not None and cut.fault.reason is RejectReason.UNREADABLE_PACKAGE:
        raise NotATar(cut.fault.message)
    return Listing(entries=tuple(entries), cut=cut)


def _read_members(tar: Any, spool: Spool, entries: list[Entry]) -> Cut | None:
    reading = ""
    try:
        for member in tar:
            reading = member.name
            spool.count_member()
            entry = _entry(tar, member, spool)
            if entry is not None:
                entries.append(entry)
            reading = ""
    except OverLimit as error:
        return Cut(fault=unsafe(f"the archive holds {error}"), last_path=_lenient(reading))
    except _BROKEN as error:
        return Cut(fault=_damage(error, reading), last_path=_lenient(reading))
    return None


def _entry(tar: Any, member: tarfile.TarInfo, spool: Spool) -> Entry | None:
    spool.count_bytes(member.size if member.isreg() else 0)
    try:
        path = safe_path(member.name)
        if member.isdir() or not path or is_ignored(path):
            return None
        if member.islnk():
            return Entry(path=path, target=safe_path(member.linkname))
    except UnsafeName as error:
        return Entry(path=error.anchor, fault=unsafe(error.message))
    return link_entry(path, member.linkname) if member.issym() else _file(tar, member, path, spool)


def _file(tar: Any, member: tarfile.TarInfo, path: str, spool: Spool) -> Entry:
    if not member.isreg():
        return Entry(path=path, fault=unsafe(f"{path!r} is neither a file nor a link (a device or a pipe)"))
    if member.size > spool.limits.max_file_bytes:
        return too_large(path, member.size, spool)
    source: IO[bytes] = tar.extractfile(member)
    return Entry(path=path, size=member.size, content=spool.keep(source, member.size))


def _damage(error: BaseException, reading: str) -> Fault:
    place = f" while reading {reading[:200]!r}" if reading else ""
    return unreadable(f"the archive ends early or is damaged{place}: {error}")


def _lenient(name: str) -> str:
    try:
        return safe_path(name)
    except UnsafeName as error:
        return error.anchor


def _decompressed(file: IO[bytes]) -> Any:
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(file)
    return file
