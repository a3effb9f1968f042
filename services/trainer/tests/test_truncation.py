import random

import pytest

from microcoder.trainer.domain.truncation import Eligible, MaskRule, Standing, is_masked, repeats

END = 0
RULE = MaskRule(max_tokens=8, rho=1.0, window=2)


def masked(tokens: list[int], standing: Standing = Standing.INCOMPLETE, rule: MaskRule = RULE) -> bool:
    return is_masked(tokens, {END}, standing, rule, random.Random(0))


CUT = [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_promising_truncated_completion_is_masked() -> None:
    assert masked(CUT)


def test_one_that_ended_by_itself_is_not() -> None:
    assert not masked([1, 2, 3, END])
    assert not masked([1, 2, 3, 4, 5, 6, 7, END])


def test_one_whose_end_repeats_is_not() -> None:
    assert not masked([1, 2, 3, 4, 7, 8, 7, 8])


def test_too_short_a_completion_shows_no_repetition() -> None:
    assert not repeats([5, 5, 5], 2)
    assert repeats([5, 5, 5, 5], 2)


@pytest.mark.parametrize(
    ("eligible", "standings"),
    [
        (Eligible.NOT_WRONG, {Standing.PASSED, Standing.INCOMPLETE}),
        (Eligible.PASSED, {Standing.PASSED}),
    ],
)
def test_who_may_be_masked_is_a_setting(eligible: Eligible, standings: set[Standing]) -> None:
    rule = MaskRule(max_tokens=8, rho=1.0, window=2, eligible=eligible)
    assert {standing for standing in Standing if masked(CUT, standing, rule)} == standings


def test_rho_is_the_share_that_is_masked() -> None:
    coin = random.Random(7)
    rule = MaskRule(max_tokens=8, rho=0.3, window=2)
    share = sum(is_masked(CUT, {END}, Standing.PASSED, rule, coin) for _ in range(4_000)) / 4_000
    assert share == pytest.approx(0.3, abs=0.03)


def test_the_coin_is_thrown_only_where_it_decides() -> None:
    coin = random.Random(7)
    before = coin.getstate()
    is_masked([1, END], {END}, Standing.PASSED, RULE, coin)
    is_masked(CUT, {END}, Standing.FAILED, RULE, coin)
    assert coin.getstate() == before
