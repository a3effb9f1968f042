"""Results in the form that LiveCodeBench's own runner writes, so that its tools can read them."""

import json
from collections.abc import Iterable
from typing import Any

from microcoder.core.evaluation import ItemResult
from microcoder.core.verdict import Verdict

_ERROR_CODES = {Verdict.WA: -2, Verdict.OLE: -2, Verdict.TLE: -3, Verdict.ITL: -3}
_RUNTIME_ERROR = -4


def official_results(results: Iterable[ItemResult]) -> list[dict[str, Any]]:
    """One record per item as in LiveCodeBench's `*_eval_all.json`, by question id.

    `output_list`, `code_list`, `graded_list` and `metadata` have one entry per judged sample: lost samples are left
    out, since that form knows only right and wrong. `metadata` holds LiveCodeBench's error codes: -2 wrong answer,
    -3 time limit, -4 anything else that stops a program.
    """
    return [_record(result) for result in sorted(results, key=lambda result: result.item_id)]


def _record(result: ItemResult) -> dict[str, Any]:
    parts = zip(result.completions, result.programs, result.verdicts, strict=True)
    judged = [part for part in parts if part[2] is not Verdict.IE]
    return {
        "question_id": result.item_id,
        "platform": result.platform,
        "difficulty": result.level,
        "output_list": [completion for completion, _, _ in judged],
        "code_list": [program for _, program, _ in judged],
        "graded_list": [verdict is Verdict.AC for _, _, verdict in judged],
        "pass@1": result.passed / result.samples if result.samples else None,
        "metadata": [json.dumps(_metadata(verdict)) for _, _, verdict in judged],
    }


def _metadata(verdict: Verdict) -> dict[str, Any]:
    if verdict is Verdict.AC:
        return {}
    return {"error_code": _ERROR_CODES.get(verdict, _RUNTIME_ERROR), "error_message": verdict.value}
