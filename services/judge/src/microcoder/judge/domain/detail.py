"""What a report shows of a failed test to whoever may see the tests."""

from collections.abc import Iterable
from dataclasses import replace

from microcoder.core.verdict import TestDetail, TestResult, Verdict
from microcoder.judge.domain.engine import Outcome

MAX_BYTES = 64 * 1024
"""Of each part."""


def with_detail(
    result: TestResult, outcome: Outcome, *, input_data: bytes, answer: bytes, max_bytes: int
) -> TestResult:
    """`result` with what it was about, where it is a failure; `max_bytes` of each part, 0 for nothing."""
    if not max_bytes or result.verdict is Verdict.AC:
        return result
    detail = TestDetail(
        input=input_data[:max_bytes],
        output=(outcome.result or outcome.stdout)[:max_bytes],
        answer=answer[:max_bytes],
        error=outcome.stderr[:max_bytes],
    )
    return replace(result, detail=detail)


def without_detail(result: TestResult) -> TestResult:
    """`result` as a stream shows it, where the first failed test is not known yet."""
    return result if result.detail is None else replace(result, detail=None)


def only_first(results: Iterable[TestResult]) -> list[TestResult]:
    """`results` with the detail of the first failed test in test order only."""
    found = list(results)
    first = min((r.ordinal for r in found if r.detail is not None), default=-1)
    return [r if r.ordinal == first else without_detail(r) for r in found]
