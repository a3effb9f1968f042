import dataclasses

import pytest

from microcoder.core.difficulty import Level, ScoreSample
from microcoder.core.problem import Limits
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES
from microcoder.scorer.domain.prediction import Scoring, predict
from microcoder.scorer.domain.rubric import Dimension, Rubric
from microcoder.testing.builders import NOW

TWO = Rubric(
    dimensions=(
        Dimension(name="idea", definition="how clever", weight=3.0),
        Dimension(name="code", definition="how long", weight=1.0),
    )
)


def sample(idea: float, code: float) -> ScoreSample:
    return ScoreSample(dimensions={"idea": idea, "code": code})


def test_default_weights_are_five_and_sum_to_one() -> None:
    weights = [dimension.weight for dimension in Rubric().dimensions]
    assert len(weights) == 5
    assert sum(weights) == pytest.approx(1.0)


def test_prediction_averages_samples_and_weighs_dimensions() -> None:
    scoring = Scoring(scorer="m", samples=(sample(1, 5), sample(3, 5), sample(5, 2)), failed_samples=2)
    made = predict("p", 4, scoring, TWO, scored_time=NOW)
    assert made.dimensions == {"idea": 3.0, "code": 4.0}
    assert made.overall == pytest.approx((3 * 3 + 4) / 4)
    # Weighted means of the samples: 2, 3.5 and 4.25.
    assert made.spread == pytest.approx(0.9354, abs=1e-4)
    assert (made.failed_samples, made.revision, made.level) == (2, 4, Level.HARD)
    assert made.prompt_digest == TWO.digest


@pytest.mark.parametrize(
    ("score", "level"),
    [(1.0, Level.EASY), (2.499, Level.EASY), (2.5, Level.MEDIUM), (2.75, Level.MEDIUM), (2.751, Level.HARD)],
)
def test_default_boundaries(score: float, level: Level) -> None:
    assert DEFAULT_BOUNDARIES.level_of(score) is level


def test_digest_changes_with_all_that_the_answer_depends_on() -> None:
    other_weight = dataclasses.replace(TWO.dimensions[0], weight=2.0)
    variants = [
        TWO,
        dataclasses.replace(TWO, dimensions=(other_weight, TWO.dimensions[1])),
        dataclasses.replace(TWO, dimensions=TWO.dimensions[::-1]),
        dataclasses.replace(TWO, system="{dimensions} {keys}"),
        dataclasses.replace(TWO, max_statement_chars=100),
    ]
    assert len({variant.digest for variant in variants}) == len(variants)
    assert dataclasses.replace(TWO).digest == TWO.digest


def test_messages_hold_rubric_statement_and_limits() -> None:
    limits = Limits(cpu_time_ms=1500, memory_bytes=256 * 2**20)
    system, user = TWO.messages(title="{Braces}", statement="Print {n}.", limits=limits)
    assert "- idea: how clever." in system["content"]
    assert '"idea", "code"' in system["content"]
    for part in ("# {Braces}", "Print {n}.", "1.5 s", "256 MiB"):
        assert part in user["content"]


def test_long_statements_keep_beginning_and_end() -> None:
    rubric = Rubric(max_statement_chars=300)
    text = "BEGIN" + "x" * 10_000 + "n is at most 200000"
    content = rubric.messages(title="t", statement=text, limits=Limits())[1]["content"]
    assert len(content) < 600
    assert "BEGIN" in content
    assert "n is at most 200000" in content
