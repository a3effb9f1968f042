"""What is expected of a submission: a set of verdicts for the whole, or rules for its tests.

Rules come from `submissions/submissions.yaml` of the 2025-09 problem format: a glob over submissions (braces allowed,
`*` stays within a folder) to `permitted` (the verdict of every test is one of these) and `required` (that of some test
is), for all tests or for a glob over tests.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.core.verdict import JudgeReport, TestResult, Verdict

_WORDS: Mapping[str, tuple[Verdict, ...]] = {
    "AC": (Verdict.AC,),
    "WA": (Verdict.WA, Verdict.OLE),
    "TLE": (Verdict.TLE, Verdict.ITL),
    "RTE": (Verdict.RE, Verdict.MLE, Verdict.SV, Verdict.CE),
}
_KEYS = frozenset({"permitted", "required"})
_PROSE = frozenset({"language", "entrypoint", "authors", "model_solution", "message", "score", "use_for_time_limit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """About the tests that match `tests`."""

    tests: str = ""
    """Glob over names of tests; empty for all."""
    permitted: tuple[Verdict, ...] = ()
    """Each test has one of these; empty for no such rule."""
    required: tuple[Verdict, ...] = ()
    """Some test has one of these; empty for no such rule."""

    def holds(self, results: Sequence[TestResult]) -> bool:
        verdicts = [result.verdict for result in results if not self.tests or _below(self.tests, result.name)]
        allowed = not self.permitted or all(verdict in self.permitted for verdict in verdicts)
        return allowed and (not self.required or any(verdict in self.required for verdict in verdicts))

    def __str__(self) -> str:
        words = [f"all {'/'.join(self.permitted)}"] if self.permitted else []
        words += [f"some {'/'.join(self.required)}"] if self.required else []
        return f"{self.tests}: {', '.join(words)}" if self.tests else ", ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is right for one submission."""

    verdicts: tuple[Verdict, ...] = ()
    """Of the whole; counts where there are no rules."""
    rules: tuple[Rule, ...] = ()
    """Of the tests."""

    def met_by(self, report: JudgeReport) -> bool:
        """Whether the report is as expected."""
        if not self.rules:
            return report.verdict in self.verdicts
        if not report.results:  # a compile error is a run time error on every test
            return all(report.verdict in (rule.required or rule.permitted) for rule in self.rules)
        return all(rule.holds(report.results) for rule in self.rules)

    def __str__(self) -> str:
        return "; ".join(map(str, self.rules)) if self.rules else "/".join(self.verdicts)


_NEW_DEFAULTS = {
    "accepted": {"permitted": ["AC"]},
    "rejected": {"required": ["RTE", "TLE", "WA"]},
    "wrong_answer": {"permitted": ["AC", "WA"], "required": ["WA"]},
    "time_limit_exceeded": {"permitted": ["AC", "TLE"], "required": ["TLE"]},
    "run_time_error": {"permitted": ["AC", "RTE"], "required": ["RTE"]},
    "brute_force": {"permitted": ["AC", "RTE", "TLE"], "required": ["RTE", "TLE"]},
}
"""What the format says about its folders. A file may change each of the two lists for itself."""


def rules_of(name: str, document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules for the submission `name` (relative to `submissions/`) in a parsed `submissions.yaml`."""
    everywhere: dict[str, Any] = {}
    grouped: dict[str, dict[str, Any]] = {}
    for pattern, settings in itertools.chain(_NEW_DEFAULTS.items(), document.items()):
        if not isinstance(settings, Mapping) or not _below(pattern, name):
            continue
        everywhere |= {key: value for key, value in settings.items() if key in _KEYS}
        for key, value in settings.items():
            if isinstance(value, Mapping) and key not in _PROSE:
                grouped.setdefault(key, {}).update(value)
    return tuple(_rules([("", everywhere), *grouped.items()]))


def _rules(settings: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Rule]:
    for tests, lists in settings:
        permitted, required = _verdicts(lists.get("permitted")), _verdicts(lists.get("required"))
        if permitted or required:
            yield Rule(tests=tests, permitted=permitted, required=required)


def _verdicts(words: Any) -> tuple[Verdict, ...]:
    return tuple(verdict for word in words or () for verdict in _WORDS.get(str(word), ()))


def _below(pattern: str, name: str) -> bool:
    """Whether `name`, or a folder that it lies in, matches."""
    parts = name.split("/")
    heads = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(_expression(plain).fullmatch(head) for plain in _without_braces(pattern) for head in heads)


def _expression(pattern: str) -> "re.Pattern[str]":
    return re.compile("".join("[^/]*" if char == "*" else re.escape(char) for char in pattern))


def _without_braces(pattern: str) -> list[str]:
    opening = pattern.find("{")
    closing = pattern.find("}", opening)
    if opening < 0 or closing < 0:
        return [pattern]
    choices = [choice.strip() for choice in pattern[opening + 1 : closing].split(",")]
    rests = _without_braces(pattern[closing + 1 :])
    return [pattern[:opening] + choice + rest for choice in choices for rest in rests]
