"""CPU time limits from what accepted programs need.

A contest's limit is made for compiled programs on its own machines. For an interpreted language the judge proposes

    limit = 4 × the slowest accepted program of the language, rounded up to 100 ms,
            at least the problem's own limit, at most twice the limit that these programs were tried with.

The factor is EvalPlus' (Liu et al. 2023, arXiv 2305.01210: four times the reference's time); Kattis gives two to five.
A language without an accepted program keeps the problem's limit times the language's multiplier.
"""

import math
from collections.abc import Mapping, Sequence

from microcoder.core.verdict import Verdict
from microcoder.core.verification import ProgramCheck

SAFETY = 4
_STEP_MS = 100


def proposed_limits(checks: Sequence[ProgramCheck], *, own_ms: int, tried_ms: Mapping[str, int]) -> dict[str, int]:
    """CPU time limits by language, milliseconds.

    Args:
        checks: Of the problem's programs.
        own_ms: The problem's own limit.
        tried_ms: Limits that the programs were tried with, by language; only for these one is proposed.
    """
    limits = {}
    for language, tried in tried_ms.items():
        passed = [c.cpu_time_ms for c in checks if _is_accepted(c) and c.language == language]
        if passed:
            wanted = math.ceil(SAFETY * max(passed) / _STEP_MS) * _STEP_MS
            limits[language] = min(max(wanted, own_ms), 2 * tried)
    return limits


def _is_accepted(check: ProgramCheck) -> bool:
    return check.expected == (Verdict.AC,) and check.verdict is Verdict.AC
