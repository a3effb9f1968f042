"""Reading a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from microcoder.scraper.adapters.spool import OverLimit, Spool
from microcoder.scraper.domain.listing import Cut, Entry, Listing, unreadable, unsafe
from microcoder.scraper.domain.names import UnsafeName, link_path, safe_path

IGNORED = frozenset({".git", ".svn", ".hg", "__pycache__", "__MACOSX", ".DS_Store"})
"""Left behind by tools; no part of any package."""


def read_folder(folder: Path, spool: Spool) -> Listing:
    """Everything in `folder`. Links are listed, never followed; contents stay where they are."""
    entries: list[Entry] = []
    try:
        for path in _walk(folder):
            spool.count_member()
            entry = _entry(path, path.relative_to(folder).as_posix(), spool)
            spool.count_bytes(entry.size)
            entries.append(entry)
    except OverLimit as error:
        last = entries[-1].path if entries else ""
        return Listing(entries=tuple(entries), cut=Cut(fault=unsafe(f"the folder holds {error}"), last_path=last))
    return Listing(entries=tuple(entries))


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, files in os.walk(folder):
        here = Path(base)
        folders[:] = sorted(name for name in folders if name not in IGNORED)
        yield from (here / name for name in folders if (here / name).is_symlink())
        yield from (here / name for name in sorted(files) if name not in IGNORED)


def _entry(path: Path, name: str, spool: Spool) -> Entry:
    try:
        safe = safe_path(name)
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return link_entry(safe, os.readlink(path))
    except UnsafeName as error:
        return Entry(path=error.anchor or name.rpartition("/")[0], fault=unsafe(error.message))
    except OSError as error:
        return Entry(path=name, fault=unreadable(f"{name!r} cannot be read: {error.strerror}"))
    if not stat.S_ISREG(status.st_mode):
        return Entry(path=safe, fault=unsafe(f"{name!r} is neither a file nor a link (a device, pipe or socket)"))
    if status.st_size > spool.limits.max_file_bytes:
        return too_large(safe, status.st_size, spool)
    return Entry(path=safe, size=status.st_size, content=path)


def link_entry(path: str, target: str) -> Entry:
    """An entry for a symbolic link at `path` with the text `target`."""
    inside = link_path(path, target)
    if inside is None:
        return Entry(path=path, fault=unsafe(f"the link {path!r} points out of the tree, to {target[:200]!r}"))
    return Entry(path=path, target=inside)


def too_large(path: str, size: int, spool: Spool) -> Entry:
    """An entry for a file that is left unread."""
    limit = spool.limits.max_file_bytes
    return Entry(path=path, fault=unsafe(f"{path!r} has {size} bytes, at most {limit} are taken for one file"))


def is_ignored(path: str) -> bool:
    """Whether some part of `path` was left behind by a tool."""
    return not IGNORED.isdisjoint(path.split("/"))
