"""What an archive or a folder holds, before anything in it is understood."""

from dataclasses import dataclass
from pathlib import Path

from microcoder.core.rejection import RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something cannot be used."""

    reason: RejectReason
    """For programs."""
    message: str
    """For people."""


def unsafe(message: str) -> Fault:
    """A fault of something that may not be used."""
    return Fault(reason=RejectReason.UNSAFE_PACKAGE, message=message)


def unreadable(message: str) -> Fault:
    """A fault of something that is not what it should be."""
    return Fault(reason=RejectReason.UNREADABLE_PACKAGE, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or link. Exactly one of `content`, `target` and `fault` is set."""

    path: str
    """Relative path with `/`; of a faulty name only the part before the fault."""
    size: int = 0
    """Bytes."""
    content: Path | None = None
    """Where the bytes lie on this machine."""
    target: str | None = None
    """Of a link: path in the same tree that it points to."""
    fault: Fault | None = None
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Reading stopped before the end of the archive."""

    fault: Fault
    """Why."""
    last_path: str
    """What was being read, empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All entries, in the order in which they were read."""

    entries: tuple[Entry, ...]
    cut: Cut | None = None
