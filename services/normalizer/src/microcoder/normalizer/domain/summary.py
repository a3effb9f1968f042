"""Where a problem stands, read off its timeline and records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microcoder.core.difficulty import Level, Prediction
from microcoder.core.problem import Problem
from microcoder.core.source import RawProblem
from microcoder.core.timeline import Stage, TimelineEntry, state_of
from microcoder.core.verification import Grade, Verification

PIPELINE = (Stage.COLLECTED, Stage.NORMALIZED, Stage.VERIFIED, Stage.SCORED, Stage.RELEASED)
"""The stages that a problem passes in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One line of a list of problems; the fields are those of `microcoder.v1.ProblemSummary`."""

    problem_id: str
    revision: int
    title: str
    source: str
    state: Stage
    reason: str
    grade: Grade
    overall: float | None
    level: Level | None
    tests: int


def summarize(
    raw: RawProblem,
    entries: Sequence[TimelineEntry],
    problem: Problem | None,
    verification: Verification | None,
    prediction: Prediction | None,
) -> Summary:
    """The line for one problem. Verification and prediction count only where they are of the newest revision."""
    newest = max((entry.revision for entry in entries), default=raw.revision)
    rejection = next((e for e in entries if e.revision == newest and e.stage is Stage.REJECTED), None)
    verified = verification if verification is not None and verification.revision == newest else None
    predicted = prediction if prediction is not None and prediction.revision == newest else None
    return Summary(
        problem_id=raw.id,
        revision=newest,
        title=problem.title if problem else "",
        source=raw.source,
        state=state_of(entries) or Stage.COLLECTED,
        reason=rejection.reason if rejection else "",
        grade=verified.grade if verified else Grade.NONE,
        overall=predicted.overall if predicted else None,
        level=predicted.level if predicted else None,
        tests=len(problem.suite.cases) if problem else 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many problems got how far."""

    reached: dict[str, int]
    """Problems that have an entry of this stage, or of a later one, in their newest revision."""
    rejected: dict[str, int]
    """Rejected problems by reason."""
    under_way: int
    """Neither scored or later, nor rejected."""


def funnel(lives: Iterable[Sequence[TimelineEntry]]) -> Funnel:
    """Counts the problems with these timelines."""
    reached = Counter({stage.value: 0 for stage in PIPELINE})
    rejected: Counter[str] = Counter()
    under_way = 0
    for life in lives:
        newest = max((entry.revision for entry in life), default=0)
        current = [entry for entry in life if entry.revision == newest]
        furthest = max((PIPELINE.index(e.stage) for e in current if e.stage in PIPELINE), default=0)
        reached.update(stage.value for stage in PIPELINE[: furthest + 1])
        reasons = [entry.reason for entry in current if entry.stage is Stage.REJECTED]
        if reasons:
            rejected[reasons[0]] += 1
        elif furthest < PIPELINE.index(Stage.SCORED):
            under_way += 1
    return Funnel(reached=dict(reached), rejected=dict(rejected), under_way=under_way)
