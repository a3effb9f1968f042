from dataclasses import replace

import pytest

from microcoder.core.problem import Checker, FunctionSpec
from microcoder.evaluator.domain.comparison import UNSTATED_TOLERANCE, checker_of, stated_tolerance
from microcoder.evaluator.domain.items import EvaluationItem, ItemTest


def item(statement: str) -> EvaluationItem:
    return EvaluationItem(
        line=1, id="i", title="T", statement=statement, platform="p", level="easy", published=None, encoded_tests="[]"
    )


@pytest.mark.parametrize(
    ("statement", "tolerance"),
    [
        ("accepted if its absolute or relative error is at most 10^{-6}", 1e-6),
        ("the absolute or relative error does not exceed $10^{-9}$.", 1e-9),
        ("an absolute error of at most 10^-4 is fine", 1e-4),
        ("An error of up to $10^{-5}$, absolute or relative, is accepted.", 1e-5),
        ("Answers within 10^-5 of the actual answer will be accepted.", 1e-5),
        ("given n up to 10^{5}, print the relative order", None),
        ("Print the sum.", None),
    ],
)
def test_tolerance_is_read_off_the_statement(statement: str, tolerance: float | None) -> None:
    found = stated_tolerance(statement)
    assert found == (tolerance if tolerance is None else pytest.approx(tolerance))


def test_decimals_are_compared_by_value_and_whole_numbers_are_not() -> None:
    whole = (ItemTest(input="", output="12\n"),)
    decimal = (*whole, ItemTest(input="", output="0.5\n"))
    assert checker_of(item("Print it."), whole).float_absolute is None
    unstated = checker_of(item("Print it."), decimal)
    assert (unstated.float_absolute, unstated.float_relative) == (UNSTATED_TOLERANCE, None)
    stated = checker_of(item("The relative error must be at most 10^{-3}."), whole)
    assert (stated.float_absolute, stated.float_relative) == (1e-3, 1e-3)


def test_results_of_functions_have_the_judges_tolerance_unless_one_is_stated() -> None:
    decimal = (ItemTest(input="1", output="0.5"),)
    function = FunctionSpec(entry="f")
    assert checker_of(replace(item("Return it."), function=function), decimal) == Checker()
    stated = checker_of(replace(item("The absolute error must be at most 10^{-3}."), function=function), decimal)
    assert stated.float_absolute == 1e-3


def test_case_counts_unless_the_statement_says_otherwise() -> None:
    assert checker_of(item("Print Yes or No."), ()).case_sensitive
    assert not checker_of(item("You can output the answer in any case (upper or lower)."), ()).case_sensitive
    assert checker_of(item("Print the winner. In any case, Alice starts."), ()).case_sensitive
