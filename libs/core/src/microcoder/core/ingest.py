"""Bringing problems in from a folder, an archive or a feed."""

from dataclasses import dataclass
from datetime import datetime

from microcoder.core.run import Progress, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedItem:
    """Something that could not be collected."""

    name: str
    """Where it was."""
    reason: str
    """A `RejectReason`."""
    message: str
    """What was wrong, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One import of a folder or an archive."""

    id: str
    """Import id."""
    path: str
    """Folder or archive on the scraper's machine."""
    source: str
    """Name that the problems are filed under."""
    state: RunState = RunState.PENDING
    """Where it stands."""
    progress: Progress = Progress()
    """How far it is."""
    message: str = ""
    """Why it failed."""
    new_problems: int = 0
    """Problems that were not there before."""
    changed_problems: int = 0
    """Problems whose raw bytes differ from the stored ones."""
    unchanged_problems: int = 0
    """Problems that are there already, byte for byte."""
    problem_ids: tuple[str, ...] = ()
    """All problems that were read, in the order found."""
    skipped: tuple[SkippedItem, ...] = ()
    """What could not be collected."""
    created_time: datetime
    """When it was asked for."""
    finished_time: datetime | None = None
    """When it ended."""
