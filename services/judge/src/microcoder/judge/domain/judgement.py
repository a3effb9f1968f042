"""What a comparison says about one test."""

from dataclasses import dataclass

from microcoder.core.verdict import Difference, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """AC, WA or whatever else the comparison found, and what it has to say."""

    verdict: Verdict
    """Outcome."""
    message: str = ""
    """What was wrong."""
    difference: Difference | None = None
    """Where, for built-in comparisons."""
    score: float | None = None
    """Points that the problem's checker gave."""
    score_multiplier: float | None = None
    """Share of the test's points that it gave, 0 to 1."""
    team_message: str = ""
    """What it has to say to whoever wrote the program."""
