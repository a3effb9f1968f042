"""Finding Kattis problem packages in a listing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from microcoder.core.ingest import SkippedItem
from microcoder.core.rejection import RejectReason
from microcoder.scraper.domain.links import BadLink, LinkedTree
from microcoder.scraper.domain.listing import Cut, Entry, Fault, Listing, unsafe
from microcoder.scraper.domain.names import below, is_inside

_MARK = "problem.yaml"
_CONTENT_FOLDERS = frozenset({"problem_statement", "statement", "data"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLimits:
    """How large one package may be."""

    max_bytes: int
    """All its files together, bytes."""
    max_files: int
    """Number of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPackage:
    """A package that can be collected."""

    root: str
    """Its folder in the tree, "" for the tree's root."""
    external_id: str
    """Its short name."""
    files: tuple[tuple[str, Entry], ...]
    """Path inside the package and file, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that a listing holds."""

    packages: tuple[FoundPackage, ...]
    """By folder."""
    skipped: tuple[SkippedItem, ...]
    """What cannot be collected."""


def find_packages(listing: Listing, *, root_name: str, limits: PackageLimits) -> Findings:
    """The packages of `listing`: the outermost folders with a `problem.yaml` and a statement or data beside it.

    A folder's name is the package's short name; where two packages share it, both are named by their whole path.

    Args:
        listing: What the archive or folder holds.
        root_name: Short name for a package that is the tree's root itself.
        limits: How large a package may be.
    """
    packages: list[FoundPackage] = []
    skipped = [_skipped(entry.path, entry.fault) for entry in _strays(listing) if entry.fault is not None]
    roots = _roots(listing.entries)
    short_names = Counter(_short_name(root, root_name) for root in roots)
    open_roots = _cut_roots(listing, roots)
    tree = LinkedTree(listing)
    for root in roots:
        name = _short_name(root, root_name)
        external_id = name if short_names[name] == 1 else root
        found = _examine(listing, tree, root, open_roots, limits)
        if isinstance(found, Fault):
            skipped.append(_skipped(root or root_name, found))
        else:
            packages.append(FoundPackage(root=root, external_id=external_id, files=found))
    if listing.cut is not None and not open_roots:
        skipped.append(_skipped(listing.cut.last_path or root_name, listing.cut.fault))
    return Findings(packages=tuple(packages), skipped=tuple(skipped))


def _examine(
    listing: Listing, tree: LinkedTree, root: str, open_roots: dict[str, Cut], limits: PackageLimits
) -> tuple[tuple[str, Entry], ...] | Fault:
    own = [entry for entry in listing.entries if is_inside(entry.path, root)]
    fault = next((entry.fault for entry in own if entry.fault is not None), None)
    if fault is not None:
        return fault
    if root in open_roots:
        return open_roots[root].fault
    try:
        files = tree.files(root, max_files=limits.max_files)
    except BadLink as error:
        return error.fault
    relative = {below(path, root): entry for path, entry in files.items()}
    if not any(path.partition("/")[0] in _CONTENT_FOLDERS for path in relative):
        message = "a problem.yaml without a statement and without data beside it"
        return Fault(reason=RejectReason.NO_STATEMENT, message=message)
    size = sum(entry.size for entry in relative.values())
    if size > limits.max_bytes:
        return unsafe(f"{size} bytes, at most {limits.max_bytes} are taken for one package")
    return tuple(sorted(relative.items()))


def _roots(entries: Sequence[Entry]) -> list[str]:
    marked = sorted(
        {
            entry.path.removesuffix(_MARK).rstrip("/")
            for entry in entries
            if entry.fault is None and entry.path.rpartition("/")[2] == _MARK
        }
    )
    outermost: list[str] = []
    for root in marked:
        if not any(is_inside(root, other) for other in outermost):
            outermost.append(root)
    return outermost


def _cut_roots(listing: Listing, roots: Sequence[str]) -> dict[str, Cut]:
    """The packages that may lack files because the archive was cut.

    An archive that is read as a stream does not say what would have come. A package counts as whole only if its
    entries came in one run and something else followed.
    """
    if listing.cut is None or not listing.entries:
        return {}
    owners = [next((root for root in roots if is_inside(entry.path, root)), None) for entry in listing.entries]
    runs = Counter(owner for owner, before in zip(owners, [None, *owners], strict=False) if owner != before)
    last = next((root for root in roots if is_inside(listing.cut.last_path, root)), owners[-1])
    return {root: listing.cut for root in roots if root == last or runs[root] > 1}


def _strays(listing: Listing) -> list[Entry]:
    roots = _roots(listing.entries)
    return [entry for entry in listing.entries if not any(is_inside(entry.path, root) for root in roots)]


def _short_name(root: str, root_name: str) -> str:
    return root.rpartition("/")[2] or root_name


def _skipped(name: str, fault: Fault) -> SkippedItem:
    return SkippedItem(name=name, reason=fault.reason.value, message=fault.message)
