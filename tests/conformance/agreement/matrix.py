"""Their word against ours."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How our verdict stands to their grade, worst first."""

    FALSE_ACCEPT = "false accept"
    """They reject it on a test that we have, and it passes here."""
    FALSE_REJECT = "false reject"
    """They accept it, and it fails here."""
    TROUBLE = "trouble"
    """The judge could not say."""
    UNDECIDED = "undecided"
    """They reject it on a test that we do not have, and it passes what we have."""
    AGREES = "agrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One program."""

    group: str
    item: str
    platform: str
    theirs: bool
    error: str
    ours: str
    """Verdict."""
    tests: int
    """That there were."""
    failed_test: str
    message: str
    cpu_time_ms: int
    standing: Standing


def standing(*, theirs: bool, decisive: bool, verdict: str) -> Standing:
    """Compares a grade with a verdict."""
    if verdict == "IE":
        return Standing.TROUBLE
    accepted = verdict == "AC"
    if theirs == accepted:
        return Standing.AGREES
    if theirs:
        return Standing.FALSE_REJECT
    return Standing.FALSE_ACCEPT if decisive else Standing.UNDECIDED


def table(rows: Iterable[Row]) -> list[str]:
    """A confusion matrix by platform, as Markdown; false accepts first."""
    found = Counter((row.platform, row.standing, row.theirs) for row in rows)
    lines = [
        "| | false accept | false reject | both accept | both reject | undecided | trouble | agreement |",
        "|---|---|---|---|---|---|---|---|",
    ]
    platforms = sorted({platform for platform, _, _ in found})
    return lines + [_line(found, platform, (platform,)) for platform in platforms] + [_line(found, "all", platforms)]


def _line(found: Counter[tuple[str, Standing, bool]], name: str, platforms: Sequence[str]) -> str:
    def count(standing: Standing, *theirs: bool) -> int:
        return sum(found[platform, standing, word] for platform in platforms for word in theirs or (True, False))

    agree = count(Standing.AGREES)
    decided = agree + count(Standing.FALSE_ACCEPT) + count(Standing.FALSE_REJECT)
    cells = (
        *(count(Standing.FALSE_ACCEPT), count(Standing.FALSE_REJECT)),
        *(count(Standing.AGREES, True), count(Standing.AGREES, False)),
        *(count(Standing.UNDECIDED), count(Standing.TROUBLE)),
        f"{agree / decided:.2%}" if decided else "",
    )
    return f"| {name} | {' | '.join(map(str, cells))} |"
