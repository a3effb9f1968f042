"""Links inside a package, replaced by what they point to.

Kattis packages share tests between groups by symbolic links; the canonical package has only files.
"""

from collections.abc import Iterator, Mapping

from microcoder.core.rejection import RejectReason
from microcoder.scraper.domain.listing import Entry, Fault
from microcoder.scraper.domain.names import is_inside

_MAX_HOPS = 40
_MAX_DEPTH = 8


class BadLink(Exception):
    """A link that cannot be replaced."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def resolve_links(entries: Mapping[str, Entry], root: str, *, max_files: int) -> dict[str, Entry]:
    """The files of the package at `root`, links among them replaced, by path.

    Args:
        entries: Faultless entries of the package, by path; links may point anywhere in the tree.
        root: Folder of the package, "" for the tree's root.
        max_files: Most files that the result may have.

    Raises:
        BadLink: A link leaves the package, points to nothing or to a folder that holds it, or there are too many files.
    """
    resolver = _Resolver(entries, root)
    files: dict[str, Entry] = {}
    for path in sorted(entries):
        for name, entry in resolver.files_at(path, depth=0):
            files[name] = entry
            if len(files) > max_files:
                raise _unsafe(f"more than {max_files} files once links are followed")
    return files


class _Resolver:
    def __init__(self, entries: Mapping[str, Entry], root: str) -> None:
        self._entries = entries
        self._root = root
        self._names = sorted(entries)

    def files_at(self, path: str, *, depth: int) -> Iterator[tuple[str, Entry]]:
        entry = self._entries[path]
        if entry.target is None:
            yield path, entry
            return
        real = self._real(path)
        found = self._entries.get(real)
        if found is not None:
            yield path, found
            return
        yield from self._folder(path, real, depth=depth)

    def _folder(self, link: str, real: str, *, depth: int) -> Iterator[tuple[str, Entry]]:
        if is_inside(link, real) or depth >= _MAX_DEPTH:
            raise _unsafe(f"the link {link!r} points to a folder that holds it")
        inside = [name for name in self._names if is_inside(name, real)]
        if not inside:
            message = f"the link {link!r} points to {real!r}, which is not there"
            raise BadLink(Fault(reason=RejectReason.UNREADABLE_PACKAGE, message=message))
        for name in inside:
            for path, entry in self.files_at(name, depth=depth + 1):
                yield link + path[len(real) :], entry

    def _real(self, path: str) -> str:
        """`path` with every link on the way followed."""
        for _ in range(_MAX_HOPS):
            if not is_inside(path, self._root):
                raise _unsafe(f"a link leaves the package: it points to {path!r}")
            step = self._follow_first_link(path)
            if step is None:
                return path
            path = step
        raise _unsafe(f"links that point in a circle at {path!r}")

    def _follow_first_link(self, path: str) -> str | None:
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            entry = self._entries.get("/".join(parts[:end]))
            if entry is not None and entry.target is not None:
                return "/".join(part for part in (entry.target, *parts[end:]) if part)
        return None


def _unsafe(message: str) -> BadLink:
    return BadLink(Fault(reason=RejectReason.UNSAFE_PACKAGE, message=message))
