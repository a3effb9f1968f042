"""Dataset releases: immutable, versioned, reproducible to the byte."""

from dataclasses import dataclass, field
from datetime import datetime

from microcoder.core.difficulty import Level
from microcoder.core.verification import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePolicy:
    """Which problems go into a release."""

    name: str = "default"
    """Name of the data set; part of the release id."""
    levels: tuple[Level, ...] = ()
    """Classes to keep; empty keeps all."""
    min_grade: Grade = Grade.ACCEPTED
    """Weakest verification to accept."""
    published_from: datetime | None = None
    """Earliest publication; problems without a date are left out where set."""
    published_to: datetime | None = None
    """Latest publication; problems without a date are left out where set."""
    licences: tuple[str, ...] = ()
    """Licences to accept, exact; empty accepts all."""
    sources: tuple[str, ...] = ()
    """Sources to accept, exact; empty accepts all."""
    calibration_id: str = ""
    """Calibration that sets the classes' boundaries; empty for the default boundaries."""
    worked_examples: int = 0
    """Worked examples that are put in front of each prompt, for models too small to answer without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFile:
    """One file of a release."""

    path: str
    """Relative path, with `/`."""
    digest: str
    """SHA-256, the name of its blob."""
    size_bytes: int
    """Length, bytes."""
    rows: int = 0
    """Rows, for Parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An immutable set of problems. The id carries the digest of the manifest: same inputs, same id."""

    id: str
    """`<name>-<first 12 hex digits of the manifest's SHA-256>`."""
    policy: ReleasePolicy
    """What was asked for."""
    manifest_digest: str
    """SHA-256 of the manifest, which lists every other file with its SHA-256."""
    files: tuple[ReleaseFile, ...]
    """All files, manifest included."""
    problem_ids: tuple[str, ...]
    """Ascending."""
    level_counts: dict[str, int] = field(default_factory=dict)
    """Problems per class."""
    excluded_counts: dict[str, int] = field(default_factory=dict)
    """Problems left out, per rule that left them out first."""
    created_time: datetime
    """When it was cut first; not part of its bytes."""
