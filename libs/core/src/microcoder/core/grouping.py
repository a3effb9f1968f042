"""Groups of tests: how the results of tests and subgroups become one verdict and one score.

The rules are those of Kattis' problem format, legacy (`testdata.yaml`, the default grader) and 2025-09
(`test_group.yaml`).
"""

from dataclasses import dataclass
from enum import StrEnum


class VerdictMode(StrEnum):
    """The verdict of a group whose items are not all accepted."""

    WORST_ERROR = "worst_error"
    """The worst of its items: IE, SV, RE, MLE, TLE, ITL, OLE, WA."""
    FIRST_ERROR = "first_error"
    """That of the first item that is not accepted."""
    ALWAYS_ACCEPT = "always_accept"
    """AC."""


class ScoreMode(StrEnum):
    """The score of a group from those of its items."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    ALL_OR_NOTHING = "all_or_nothing"
    """`TestGroup.highest_score` where every item is accepted, else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestGroup:
    """The settings of one group. Its items are the tests that name it and the groups directly below it, by name."""

    __test__ = False

    name: str
    """Path below `data/`, for example `secret/group1`; empty for the root, whose score is the submission's."""
    verdict_mode: VerdictMode = VerdictMode.WORST_ERROR
    """How verdicts are brought together."""
    score_mode: ScoreMode = ScoreMode.SUM
    """How scores are brought together."""
    accept_score: float = 1.0
    """Score of an accepted test directly in this group, where its validator gives none; points."""
    reject_score: float = 0.0
    """Score of a test directly in this group that is not accepted, points."""
    lowest_score: float | None = None
    """Least score of the group, points; None where nothing bounds it."""
    highest_score: float | None = None
    """Largest score of the group, points; None where nothing bounds it."""
    break_on_reject: bool = True
    """Items after the first that is not accepted do not count."""
    accept_if_any: bool = False
    """One accepted item makes the group accepted."""
    ignore_sample: bool = False
    """The group `sample` does not count."""
    requires: tuple[str, ...] = ()
    """Groups that must be accepted; else this one is not run, fails, and scores 0."""
