"""Links inside a collection of packages, replaced by what they point to.

Kattis packages share tests between groups by symbolic links, and collections share headers and programs between
packages; the canonical package has only files.
"""

from bisect import bisect_left
from collections.abc import Iterator

from microcoder.core.rejection import RejectReason
from microcoder.scraper.domain.listing import Cut, Entry, Fault, Listing
from microcoder.scraper.domain.names import below, is_inside

_MAX_HOPS = 40
_MAX_DEPTH = 8
_JUDGED = frozenset({"data", "submissions", "output_validators", "output_validator"})
"""Folders of a package that may lack nothing."""


class BadLink(Exception):
    """A link that cannot be replaced."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Dangling(BadLink):
    """A link to nothing."""


class LinkedTree:
    """All entries of an archive or folder. What is outside of it is out of every link's reach.

    Args:
        listing: The last entry of a path counts, but a fault is never covered. Where it was cut, nobody knows what a
            link to another package would have brought.
    """

    def __init__(self, listing: Listing) -> None:
        self._cut: Cut | None = listing.cut
        faults_last = sorted(listing.entries, key=lambda entry: entry.fault is not None)
        self._entries = {entry.path: entry for entry in faults_last}
        self._names = sorted(self._entries)

    def files(self, root: str, *, max_files: int) -> dict[str, Entry]:
        """The files of the package at `root` by path, links among them replaced by files from anywhere in the tree.

        A link to nothing is left out where no test, program or validator is missing by it: a statement as PDF is often
        made elsewhere.

        Args:
            root: Folder of the package, "" for the tree's root.
            max_files: Most files that the result may have.

        Raises:
            BadLink: A link points to nothing, to a folder that holds it or to something faulty, or there are too many
                files.
        """
        files: dict[str, Entry] = {}
        for path in self._inside(root):
            for name, entry in self._files_or_nothing(path, root):
                if self._cut is not None and not is_inside(entry.path, root):
                    raise BadLink(self._cut.fault)
                files[name] = entry
                if len(files) > max_files:
                    raise _unsafe(f"more than {max_files} files once links are followed")
        return files

    def _files_or_nothing(self, path: str, root: str) -> Iterator[tuple[str, Entry]]:
        try:
            yield from self._files_at(path, depth=0)
        except _Dangling:
            if below(path, root).partition("/")[0] in _JUDGED:
                raise

    def _inside(self, folder: str) -> list[str]:
        if not folder:
            return self._names
        names = self._names[bisect_left(self._names, folder + "/") : bisect_left(self._names, folder + "0")]
        return [folder, *names] if folder in self._entries else names

    def _files_at(self, path: str, *, depth: int) -> Iterator[tuple[str, Entry]]:
        entry = self._entries[path]
        found = entry if entry.target is None else self._entries.get(real := self._real(path))
        if found is None:
            yield from self._folder(path, real, depth=depth)
        elif found.fault is not None:
            raise BadLink(found.fault)
        else:
            yield path, found

    def _folder(self, link: str, real: str, *, depth: int) -> Iterator[tuple[str, Entry]]:
        if is_inside(link, real) or depth >= _MAX_DEPTH:
            raise _unsafe(f"the link {link!r} points to a folder that holds it")
        inside = self._inside(real)
        if not inside:
            message = f"the link {link!r} points to {real!r}, which is not there"
            raise _Dangling(Fault(reason=RejectReason.UNREADABLE_PACKAGE, message=message))
        for name in inside:
            for path, entry in self._files_at(name, depth=depth + 1):
                yield link + path[len(real) :], entry

    def _real(self, path: str) -> str:
        """`path` with every link on the way followed."""
        for _ in range(_MAX_HOPS):
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
