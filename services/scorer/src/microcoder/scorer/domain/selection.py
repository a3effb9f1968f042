"""Which problems go into a release, and which rule left each of the others out."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from microcoder.core.difficulty import Calibration, Level, Prediction
from microcoder.core.problem import IoMode, Problem
from microcoder.core.release import ReleasePolicy
from microcoder.core.verification import Grade, Verification
from microcoder.scorer.domain.curve import rate_at
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES, boundaries_in

PROMPTABLE_MODES = frozenset({IoMode.STDIO, IoMode.FUNCTION})
"""Modes that the solver's prompt can describe."""


class Rule(StrEnum):
    """Why a problem is left out, in the order in which the rules are asked."""

    REJECTED = "rejected"
    """A service rejected its newest revision."""
    NOT_VERIFIED = "not_verified"
    """Its newest revision is not verified yet."""
    GRADE = "grade"
    """Its tests are proven less well than the policy wants."""
    UNSUPPORTED_MODE = "unsupported_mode"
    """A prompt cannot describe how its programs talk."""
    NOT_SCORED = "not_scored"
    """Its newest revision has no score by the current rubric."""
    OTHER_SCORER = "other_scorer"
    """Another model scored it than the one that the calibration rests on."""
    SOURCE = "source"
    """The policy does not take its source."""
    LICENCE = "licence"
    """The policy does not take its licence."""
    PUBLISHED = "published"
    """It has no date, or one outside the policy's window."""
    LEVEL = "level"
    """The policy does not take its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Everything known about a problem's newest revision."""

    problem: Problem
    verification: Verification | None
    prediction: Prediction | None
    rejected: bool
    """Whether a service rejected it."""

    @classmethod
    def of(
        cls, problem: Problem, verification: Verification | None, prediction: Prediction | None, *, rejected: bool
    ) -> "Candidate":
        """A candidate from the stored records, of which those about older revisions count as missing."""
        return cls(
            problem=problem,
            verification=verification if verification and verification.revision == problem.revision else None,
            prediction=prediction if prediction and prediction.revision == problem.revision else None,
            rejected=rejected,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A problem that goes in."""

    problem: Problem
    verification: Verification
    prediction: Prediction
    level: Level
    """By the calibration's boundaries, else the default ones."""
    pass_rate: float | None
    """Expected for the calibration's target model; None without a calibration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The outcome of a policy."""

    selected: tuple[Selected, ...]
    """By problem id ascending."""
    excluded: dict[str, int]
    """Problems left out, by the first rule that did, in the rules' order."""

    @property
    def level_counts(self) -> dict[str, int]:
        """Problems per class, classes without any left out."""
        counts = Counter(item.level for item in self.selected)
        return {level.value: counts[level] for level in Level if counts[level]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a release is cut by."""

    policy: ReleasePolicy
    prompt_digest: str
    """Of the current rubric: scores by another one do not compare and are not used."""
    calibration: Calibration | None
    """What the policy names."""

    def level_of(self, prediction: Prediction) -> Level:
        """The class by the calibration's boundaries, else the default ones."""
        if self.calibration is None:
            return DEFAULT_BOUNDARIES.level_of(prediction.overall)
        return boundaries_in(self.calibration).level_of(prediction.overall)


def select(candidates: Iterable[Candidate], criteria: Criteria) -> Selection:
    """Applies the criteria to all problems, in any order."""
    excluded: Counter[Rule] = Counter()
    selected = []
    for candidate in candidates:
        rule = next((rule for rule, leaves_out in _RULES.items() if leaves_out(candidate, criteria)), None)
        if rule is not None:
            excluded[rule] += 1
        else:
            selected.append(_selected(candidate, criteria))
    return Selection(
        selected=tuple(sorted(selected, key=lambda item: item.problem.id)),
        excluded={rule.value: excluded[rule] for rule in Rule if excluded[rule]},
    )


def _selected(candidate: Candidate, criteria: Criteria) -> Selected:
    verification, prediction = candidate.verification, candidate.prediction
    if verification is None or prediction is None:
        raise AssertionError("the rules leave out problems without them")
    curve = criteria.calibration.curve if criteria.calibration else ()
    return Selected(
        problem=candidate.problem,
        verification=verification,
        prediction=prediction,
        level=criteria.level_of(prediction),
        pass_rate=rate_at(curve, prediction.overall).pass_rate if curve else None,
    )


def _weak(candidate: Candidate, criteria: Criteria) -> bool:
    grades = list(Grade)
    grade = candidate.verification.grade if candidate.verification else Grade.NONE
    return grades.index(grade) < grades.index(criteria.policy.min_grade)


def _not_scored(candidate: Candidate, criteria: Criteria) -> bool:
    return candidate.prediction is None or candidate.prediction.prompt_digest != criteria.prompt_digest


def _scored_by_another(candidate: Candidate, criteria: Criteria) -> bool:
    scorer = candidate.prediction.scorer if candidate.prediction else ""
    return criteria.calibration is not None and criteria.calibration.scorer != scorer


def _outside_window(candidate: Candidate, criteria: Criteria) -> bool:
    first, last = criteria.policy.published_from, criteria.policy.published_to
    published = candidate.problem.published_time
    if published is None:
        return not (first is None and last is None)
    return (first is not None and published < first) or (last is not None and published > last)


def _of_another_level(candidate: Candidate, criteria: Criteria) -> bool:
    levels = criteria.policy.levels
    return bool(levels) and (candidate.prediction is None or criteria.level_of(candidate.prediction) not in levels)


def _outside(allowed: Collection[str], value: str) -> bool:
    return bool(allowed) and value not in allowed


_RULES: Mapping[Rule, Callable[[Candidate, Criteria], bool]] = {
    Rule.REJECTED: lambda candidate, _: candidate.rejected,
    Rule.NOT_VERIFIED: lambda candidate, _: candidate.verification is None,
    Rule.GRADE: _weak,
    Rule.UNSUPPORTED_MODE: lambda candidate, _: candidate.problem.io_mode not in PROMPTABLE_MODES,
    Rule.NOT_SCORED: _not_scored,
    Rule.OTHER_SCORER: _scored_by_another,
    Rule.SOURCE: lambda candidate, criteria: _outside(criteria.policy.sources, candidate.problem.source),
    Rule.LICENCE: lambda candidate, criteria: _outside(criteria.policy.licences, candidate.problem.licence),
    Rule.PUBLISHED: _outside_window,
    Rule.LEVEL: _of_another_level,
}
