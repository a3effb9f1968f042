"""From a score to a class."""

from dataclasses import dataclass

from microcoder.core.difficulty import Calibration, Level

EASY_PASS_RATE = 0.75
"""The target model solves easy problems more often than this."""
HARD_PASS_RATE = 0.25
"""The target model solves hard problems less often than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Where the classes meet, on the scale of the overall score."""

    easy_below: float
    """Scores below are easy."""
    hard_above: float
    """Scores above are hard; everything between is medium."""

    def level_of(self, score: float) -> Level:
        """The class of an overall score."""
        if score < self.easy_below:
            return Level.EASY
        return Level.HARD if score > self.hard_above else Level.MEDIUM


DEFAULT_BOUNDARIES = Boundaries(easy_below=2.5, hard_above=2.75)
"""The paper's, for its scorer and its target model (reported by a review of arXiv 2603.07779)."""


def boundaries_in(calibration: Calibration) -> Boundaries:
    """The boundaries that a calibration found."""
    return Boundaries(easy_below=calibration.easy_below, hard_above=calibration.hard_above)
