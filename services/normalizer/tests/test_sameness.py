import random

import pytest

from microcoder.core.problem import Sample
from microcoder.normalizer.domain.contamination import ProtectedTexts
from microcoder.normalizer.domain.fingerprint import samples_digest, statement_digest, words


def test_words_ignore_case_markup_and_encoding() -> None:
    assert words("**The** _cafe\u0301_, $n_1$!") == words("the CAF\u00c9 n 1")
    assert statement_digest("A  b.\nC") == statement_digest("a *b* c")
    assert statement_digest("a b c") != statement_digest("a b d")


def test_samples_ignore_white_space() -> None:
    one = (Sample(input="1 2\n", output="3\n"),)
    assert samples_digest(one) == samples_digest((Sample(input="1  2", output="3"),))
    assert samples_digest(one) != samples_digest((Sample(input="1", output="2 3"),))
    assert samples_digest(()) == ""


def text(seed: int, length: int) -> list[str]:
    source = random.Random(seed)
    return [f"w{source.randrange(5000)}" for _ in range(length)]


@pytest.mark.parametrize(("copied", "low", "high"), [(0, 0, 0), (15, 0, 0), (100, 0.4, 0.5), (200, 1, 1)])
def test_share_of_the_problem_that_is_in_a_protected_text(copied: int, low: float, high: float) -> None:
    protected = text(1, 400)
    problem = protected[:copied] + text(2, 200 - copied)
    overlap = ProtectedTexts([("other", " ".join(text(3, 400))), ("bench/1", " ".join(protected))]).overlap(
        " ".join(problem)
    )
    assert low <= overlap.share <= high
    assert overlap.name == ("bench/1" if copied > 15 else "")


def test_a_short_text_is_compared_as_a_whole() -> None:
    protected = ProtectedTexts([("a", "print the sum")])
    assert protected.overlap("Print the *sum*.").share == 1
    assert protected.overlap("print the product").share == 0
    assert ProtectedTexts([]).overlap("print the sum").share == 0
    assert protected.overlap("").share == 0
