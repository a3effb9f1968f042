import pytest

from microcoder.core.evaluation import ItemResult
from microcoder.core.verdict import Verdict
from microcoder.evaluator.domain.answers import (
    Answer,
    Completion,
    answer_of,
    answers_of,
    is_complete,
    result_of,
    unsampled,
)
from microcoder.evaluator.domain.items import EvaluationItem
from microcoder.evaluator.domain.summary import summarize

ITEM = EvaluationItem(
    line=1, id="i", title="T", statement="S", platform="atcoder", level="easy", published=None, encoded_tests="[]"
)
LOST = Answer()
CUT_OFF = Answer(completion="```python\nprint(", verdict=Verdict.CE)


def answer(verdict: Verdict) -> Answer:
    return Answer(completion="```\nx\n```", program="x\n", verdict=verdict)


def result(*answers: Answer, item: EvaluationItem = ITEM, truncated: int = 0) -> ItemResult:
    return result_of(item, answers, run_id="eval-1", samples=4, truncated=truncated)


def test_a_completion_without_a_program_is_wrong_and_needs_no_judge() -> None:
    assert answer_of(Completion(text="I do not know.", truncated=False)).verdict is Verdict.CE
    assert answer_of(Completion(text="", truncated=False)).sampled
    assert answer_of(Completion(text="```\nx\n```", truncated=False)).awaits_verdict


def test_lost_samples_are_neither_right_nor_wrong_and_are_asked_for_again() -> None:
    found = result(answer(Verdict.AC), answer(Verdict.WA), answer(Verdict.IE))
    assert (found.samples, found.passed) == (2, 1)
    assert found.verdicts == (Verdict.AC, Verdict.WA, Verdict.IE, Verdict.IE)
    assert unsampled(found, samples=4) == 1  # the third was sampled, only its verdict is lost
    assert not is_complete(found, samples=4)
    assert [a.awaits_verdict for a in answers_of(found)] == [False, False, True, False]
    assert unsampled(None, samples=4) == 4


def test_rates_leave_lost_samples_out() -> None:
    summary = summarize(
        [result(answer(Verdict.AC), CUT_OFF, truncated=1), result(answer(Verdict.IE), answer(Verdict.WA))],
        ks=(1, 2),
        seed=0,
    )
    assert summary.lost_samples == 5
    assert summary.truncated_rate == pytest.approx(1 / 4)
    assert summary.no_code_rate == pytest.approx(1 / 4)


def test_table_has_a_row_per_platform_level_and_k_and_leaves_out_what_is_empty() -> None:
    hard = EvaluationItem(
        line=2, id="j", title="T", statement="S", platform="leetcode", level="hard", published=None, encoded_tests="[]"
    )
    right = [answer(Verdict.AC)] * 4
    wrong = [answer(Verdict.WA)] * 4
    summary = summarize([result(*right), result(*wrong, item=hard)], ks=(1, 4), seed=0)
    cells = {(cell.platform, cell.level, cell.k): cell for cell in summary.table}
    assert ("atcoder", "hard", 1) not in cells
    assert cells["atcoder", "easy", 1].value == 1.0
    assert cells["leetcode", "all", 4].value == 0.0
    assert cells["all", "all", 1].value == 0.5
    assert (cells["all", "all", 1].items, cells["all", "hard", 1].items) == (2, 1)
    assert (cells["all", "all", 1].low, cells["all", "all", 1].high) == (0.0, 1.0)
    assert [cell.level for cell in summary.table if cell.platform == "all" and cell.k == 1] == ["easy", "hard", "all"]


def test_an_item_with_fewer_verdicts_than_k_is_left_out_of_that_k_only() -> None:
    summary = summarize([result(answer(Verdict.AC), answer(Verdict.WA)), result(LOST)], ks=(1, 4), seed=0)
    overall = [cell for cell in summary.table if (cell.platform, cell.level) == ("all", "all")]
    assert [(cell.k, cell.items, cell.value) for cell in overall] == [(1, 1, 0.5)]
