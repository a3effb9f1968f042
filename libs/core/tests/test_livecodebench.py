import json

from microcoder.core.evaluation import ItemResult
from microcoder.core.livecodebench import official_results
from microcoder.core.verdict import Verdict


def result(item_id: str, *verdicts: Verdict) -> ItemResult:
    return ItemResult(
        id=f"eval-1:{item_id}",
        run_id="eval-1",
        item_id=item_id,
        platform="atcoder",
        level="easy",
        samples=sum(verdict is not Verdict.IE for verdict in verdicts),
        passed=sum(verdict is Verdict.AC for verdict in verdicts),
        verdicts=verdicts,
        completions=tuple(f"text {i}" for i in range(len(verdicts))),
        programs=tuple(f"code {i}" for i in range(len(verdicts))),
    )


def test_lists_have_one_entry_per_judged_sample() -> None:
    (record,) = official_results([result("a", Verdict.AC, Verdict.IE, Verdict.WA, Verdict.TLE, Verdict.RE)])
    assert record["graded_list"] == [True, False, False, False]
    assert record["code_list"] == ["code 0", "code 2", "code 3", "code 4"]
    assert record["output_list"] == ["text 0", "text 2", "text 3", "text 4"]
    assert record["pass@1"] == 0.25
    assert [json.loads(text).get("error_code") for text in record["metadata"]] == [None, -2, -3, -4]


def test_records_are_sorted_and_can_be_written_as_json() -> None:
    records = official_results([result("b", Verdict.AC), result("a", Verdict.IE)])
    assert [record["question_id"] for record in records] == ["a", "b"]
    assert records[0]["pass@1"] is None
    json.dumps(records)
