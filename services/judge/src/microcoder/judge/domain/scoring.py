"""From the results of tests to those of groups: verdicts and points, by the rules in `microcoder.core.grouping`.

Which tests were run makes no difference: what a group's rule leaves out does not count even where it was run, and a
score that depends on a test that was not run is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from microcoder.core.grouping import ScoreMode, TestGroup, VerdictMode
from microcoder.core.verdict import GroupResult, JudgeReport, TestResult, Verdict

_WORST_FIRST = (
    *(Verdict.IE, Verdict.SKIPPED, Verdict.CE, Verdict.SV, Verdict.RE, Verdict.MLE),
    *(Verdict.TLE, Verdict.ITL, Verdict.OLE, Verdict.WA),
)
_UNKNOWN = (Verdict.IE, Verdict.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A test or a group, as the group above sees it."""

    name: str
    verdict: Verdict
    score: float | None
    passed: int
    total: int


class Grading:
    """The groups of one suite.

    Args:
        groups: Settings; groups that have none are no groups, their tests are their parents'.
        tests: Name of each test.
        test_groups: Group of each test.
    """

    def __init__(self, groups: Sequence[TestGroup], tests: Sequence[str], test_groups: Sequence[str]) -> None:
        self._groups = {"": TestGroup(name=""), **{group.name: group for group in groups}}
        self._tests: dict[str, list[int]] = {name: [] for name in self._groups}
        self._names = tests
        for ordinal, name in enumerate(test_groups):
            self._tests[self._known(name)].append(ordinal)
        self._children: dict[str, list[str]] = {name: [] for name in self._groups}
        for name in sorted(filter(None, self._groups)):
            self._children[self._known(name.rpartition("/")[0])].append(name)

    def results(self, results: Sequence[TestResult]) -> tuple[GroupResult, ...]:
        """The outcome of each group, the root's first.

        Args:
            results: Of tests, in any order; those that are missing count as not run.
        """
        found: dict[str, _Item] = {}
        self._grade("", {result.ordinal: result for result in results}, found)
        return tuple(
            GroupResult(name=name, verdict=item.verdict, score=item.score, passed=item.passed, total=item.total)
            for name, item in sorted(found.items())
        )

    def max_score(self, name: str = "") -> float | None:
        """What a right program gets in a group, in points, as far as the settings say; None where nothing bounds it."""
        group = self._groups[name]
        if group.highest_score is not None:
            return group.highest_score
        if group.score_mode is ScoreMode.ALL_OR_NOTHING:
            return None
        below = [self.max_score(child) for child in self._children[name] if not _ignored(group, child)]
        scores = [*below, *(group.accept_score for _ in self._tests[name])]
        known = [score for score in scores if score is not None]
        return _aggregate(group, known, accepted=True) if len(known) == len(scores) else None

    def _known(self, name: str) -> str:
        """The nearest group with settings, upwards."""
        while name not in self._groups:
            name = name.rpartition("/")[0]
        return name

    def _grade(self, name: str, results: Mapping[int, TestResult], found: dict[str, _Item]) -> _Item:
        group = self._groups[name]
        items = [self._grade(child, results, found) for child in self._children[name]]
        items += [self._of_test(group, ordinal, results.get(ordinal)) for ordinal in self._tests[name]]
        items.sort(key=lambda item: item.name)
        passed, total = sum(item.passed for item in items), sum(item.total for item in items)
        counted = _counted(group, items)
        verdict = _verdict(group, counted)
        score = _score(group, counted, verdict)
        if any(found[required].verdict is not Verdict.AC for required in group.requires if required in found):
            verdict, score = (Verdict.WA if verdict is Verdict.AC else verdict), 0.0
        found[name] = _Item(name=name, verdict=verdict, score=score, passed=passed, total=total)
        return found[name]

    def _of_test(self, group: TestGroup, ordinal: int, result: TestResult | None) -> _Item:
        if result is None:
            return _Item(name=self._names[ordinal], verdict=Verdict.SKIPPED, score=None, passed=0, total=1)
        accepted = result.verdict is Verdict.AC
        own = group.accept_score if result.score_multiplier is None else group.accept_score * result.score_multiplier
        given = own if result.score is None else result.score
        return _Item(
            name=self._names[ordinal],
            verdict=result.verdict,
            score=given if accepted else group.reject_score,
            passed=int(accepted),
            total=1,
        )


def with_groups(report: JudgeReport, grading: Grading) -> JudgeReport:
    """The report with points and the outcome of each group."""
    groups = grading.results(report.results)
    return replace(report, score=groups[0].score, max_score=grading.max_score(), groups=groups)


def _ignored(group: TestGroup, item: str) -> bool:
    return group.ignore_sample and item == "sample"


def _counted(group: TestGroup, items: Sequence[_Item]) -> list[_Item]:
    counted: list[_Item] = []
    for item in items:
        if _ignored(group, item.name):
            continue
        counted.append(item)
        if group.break_on_reject and item.verdict is not Verdict.AC:
            break
    return counted


def _verdict(group: TestGroup, items: Sequence[_Item]) -> Verdict:
    rejected = [item.verdict for item in items if item.verdict is not Verdict.AC]
    if any(verdict is Verdict.IE for verdict in rejected):
        return Verdict.IE
    if not rejected or group.verdict_mode is VerdictMode.ALWAYS_ACCEPT:
        return Verdict.AC
    if group.accept_if_any and len(rejected) < len(items):
        return Verdict.AC
    return rejected[0] if group.verdict_mode is VerdictMode.FIRST_ERROR else min(rejected, key=_WORST_FIRST.index)


def _score(group: TestGroup, items: Sequence[_Item], verdict: Verdict) -> float | None:
    scores = [item.score for item in items if item.score is not None and item.verdict not in _UNKNOWN]
    if len(scores) < len(items):
        return None
    return _aggregate(group, scores, accepted=verdict is Verdict.AC)


def _aggregate(group: TestGroup, scores: Sequence[float], *, accepted: bool) -> float:
    match group.score_mode:
        case ScoreMode.SUM:
            score = sum(scores)
        case ScoreMode.AVG:
            score = sum(scores) / len(scores) if scores else 0.0
        case ScoreMode.MIN:
            score = min(scores, default=0.0)
        case ScoreMode.MAX:
            score = max(scores, default=0.0)
        case ScoreMode.ALL_OR_NOTHING:
            score = (group.highest_score or 0.0) if accepted else 0.0
    low, high = group.lowest_score, group.highest_score
    score = score if low is None else max(score, low)
    return score if high is None else min(score, high)
