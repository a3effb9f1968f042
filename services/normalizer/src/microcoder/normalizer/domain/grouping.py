"""Groups of tests of problems with a score, from the settings files of their folders.

The legacy format has `testdata.yaml`: a group's settings are its own and, key by key, those of the folders above it.
The 2025-09 format has `test_group.yaml`, with other keys and nothing inherited.
https://www.kattis.com/problem-package-format/spec/legacy.html#test-data-groups
https://www.kattis.com/problem-package-format/spec/2025-09.html#result-aggregation
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from microcoder.core.grouping import ScoreMode, TestGroup, VerdictMode
from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.numbers import finite
from microcoder.normalizer.domain.rejecting import Rejected

Settings = Mapping[str, Mapping[str, Any]]
"""Content of the settings files, by folder (`data/secret/group1`)."""

_SAMPLE, _SECRET = "sample", "secret"
_DEFAULT_MAX = 100.0
_SCORE_MODES = {"sum": ScoreMode.SUM, "avg": ScoreMode.AVG, "min": ScoreMode.MIN, "max": ScoreMode.MAX}
_AGGREGATIONS = {"sum": ScoreMode.SUM, "min": ScoreMode.MIN, "pass-fail": ScoreMode.ALL_OR_NOTHING}
_VERDICT_MODES = {
    "worst_error": VerdictMode.WORST_ERROR,
    "no_errors": VerdictMode.WORST_ERROR,
    "first_error": VerdictMode.FIRST_ERROR,
    "always_accept": VerdictMode.ALWAYS_ACCEPT,
}


def test_groups(tests: Sequence[str], settings: Settings, *, modern: bool) -> tuple[TestGroup, ...]:
    """The settings of each group that has tests, the root's first.

    Args:
        tests: Names of all tests that are kept (`secret/group1/03`).
        settings: Of the folders.
        modern: They are those of the 2025-09 format.

    Raises:
        Rejected: The groups are graded in a way that only the package's own programs know.
    """
    names = _names(tests)
    return _modern_groups(names, tests, settings) if modern else _legacy_groups(names, settings)


def _names(tests: Sequence[str]) -> list[str]:
    names = {""}
    for test in tests:
        parts = test.split("/")
        names |= {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    return sorted(names)


def _folder(name: str) -> str:
    return f"data/{name}" if name else "data"


def _legacy_groups(names: Sequence[str], settings: Settings) -> tuple[TestGroup, ...]:
    inherited: dict[str, dict[str, Any]] = {}
    groups = []
    for name in names:  # in order of names, so that parents come first
        own = dict(settings.get(_folder(name), {}))
        above = inherited[name.rpartition("/")[0]] if name else {}
        if name == _SAMPLE:
            own.setdefault("accept_score", 0)  # samples give no points unless it is said here
        inherited[name] = {**above, **own}
        groups.append(_legacy_group(name, inherited[name]))
    return tuple(groups)


def _legacy_group(name: str, stated: Mapping[str, Any]) -> TestGroup:
    if stated.get("grading") == "custom":
        raise Rejected(
            RejectReason.UNSUPPORTED_MODE, "its groups of tests are graded by a program of its own, which is not run"
        )
    flags = str(stated.get("grader_flags") or "").split()
    low, high = _range(stated.get("range"))
    return TestGroup(
        name=name,
        verdict_mode=_last(flags, _VERDICT_MODES, VerdictMode.WORST_ERROR),
        score_mode=_last(flags, _SCORE_MODES, ScoreMode.SUM),
        accept_score=_number(stated.get("accept_score"), 1.0),
        reject_score=_number(stated.get("reject_score"), 0.0),
        lowest_score=low,
        highest_score=high,
        break_on_reject=stated.get("on_reject") != "continue",
        accept_if_any="accept_if_any_accepted" in flags,
        ignore_sample=name == "" and "ignore_sample" in flags,
    )


def _last(flags: Sequence[str], known: Mapping[str, Any], default: Any) -> Any:
    return next((known[flag] for flag in reversed(flags) if flag in known), default)


def _number(value: Any, default: float) -> float:
    number = finite(value)
    return default if number is None else number


def _range(value: Any) -> tuple[float | None, float | None]:
    words = str(value or "").split()
    return (finite(words[0]), finite(words[1])) if len(words) == 2 else (None, None)


def _modern_groups(names: Sequence[str], tests: Sequence[str], settings: Settings) -> tuple[TestGroup, ...]:
    sizes = Counter(_group_of(test) for test in tests)
    if any("static_validation_score" in stated for stated in settings.values()):
        raise Rejected(RejectReason.UNSUPPORTED_MODE, "programs are read by a static validator, which is not run")
    groups = [TestGroup(name="", break_on_reject=False, ignore_sample=True)]
    for name in names:
        if name == _SAMPLE:
            groups.append(TestGroup(name=name, accept_score=0.0, break_on_reject=False))
        elif name == _SECRET or name.rpartition("/")[0] == _SECRET:
            groups.append(_modern_group(name, settings.get(_folder(name), {}), sizes[name]))
    return tuple(groups)


def _group_of(test: str) -> str:
    """Groups lie directly in `secret`; folders below them are no groups."""
    parts = test.split("/")[:-1]
    return "/".join(parts[:2]) if parts[0] == _SECRET else parts[0]


def _modern_group(name: str, stated: Mapping[str, Any], tests: int) -> TestGroup:
    secret = name == _SECRET
    most = _DEFAULT_MAX if secret and "max_score" not in stated else finite(stated.get("max_score"))
    default = ScoreMode.SUM if secret else ScoreMode.ALL_OR_NOTHING
    mode = _AGGREGATIONS.get(str(stated.get("score_aggregation") or ""), default)
    share = max(1, tests) if mode is ScoreMode.SUM else 1
    needed = stated.get("require_pass") or ()
    return TestGroup(
        name=name,
        score_mode=mode,
        accept_score=1.0 if most is None else most / share,
        highest_score=most,
        break_on_reject=mode is not ScoreMode.SUM,
        requires=(needed,) if isinstance(needed, str) else tuple(map(str, needed)),
    )
