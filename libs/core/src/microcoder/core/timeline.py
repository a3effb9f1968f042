"""The life of a problem, one append-only entry per step. Its state is read off the entries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from microcoder.core.ids import digest_of


class Stage(StrEnum):
    """A step of the pipeline that a problem has passed."""

    COLLECTED = "collected"
    NORMALIZED = "normalized"
    VERIFIED = "verified"
    SCORED = "scored"
    CALIBRATED = "calibrated"
    RELEASED = "released"
    TRAINED = "trained"
    REJECTED = "rejected"


_ORDER = (Stage.COLLECTED, Stage.NORMALIZED, Stage.VERIFIED, Stage.SCORED, Stage.RELEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One step of one problem."""

    id: str
    """Deterministic, see `entry_id`: a repeated step is the same entry."""
    problem_id: str
    """Whose life this is."""
    revision: int
    """Revision of the raw source that the step worked on."""
    stage: Stage
    """What happened."""
    actor: str
    """Service that did it."""
    time: datetime
    """When it happened first."""
    summary: str
    """One line for a person."""
    reason: str = ""
    """Of a rejection: UPPER_SNAKE_CASE, see `microcoder.core.rejection`."""
    details: dict[str, str] = field(default_factory=dict)
    """Facts for programs: digests, versions, counts."""


def entry_id(problem_id: str, revision: int, stage: Stage, actor: str, subject: str = "") -> str:
    """The id of a step. `subject` tells apart steps that may happen more than once, for example one per release."""
    return digest_of("\n".join((problem_id, str(revision), stage, actor, subject)).encode())[:32]


def state_of(entries: Iterable[TimelineEntry]) -> Stage | None:
    """The state of a problem: the furthest stage of its newest revision, or REJECTED if that revision was."""
    known = list(entries)
    if not known:
        return None
    newest = max(entry.revision for entry in known)
    stages = {entry.stage for entry in known if entry.revision == newest}
    if Stage.REJECTED in stages:
        return Stage.REJECTED
    return max((s for s in stages if s in _ORDER), key=_ORDER.index, default=None)
