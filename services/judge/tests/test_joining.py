import asyncio

import pytest

from microcoder.core.errors import InvalidArgument, Unavailable
from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.judge.joining import SharedJudgings
from microcoder.judge.judging import OnResult


class Judge:
    """Tells one result, waits for `go`, reports."""

    def __init__(self, verdict: Verdict = Verdict.AC) -> None:
        self.verdict = verdict
        self.begun = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def __call__(self, tell: OnResult) -> JudgeReport:
        self.begun += 1
        tell(TestResult(ordinal=0, name="0", verdict=self.verdict))
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return JudgeReport(verdict=self.verdict, passed=1, total=1)


def ignore(result: TestResult) -> None:
    del result


async def test_a_repeat_joins_and_hears_all_results() -> None:
    shared, judge = SharedJudgings(), Judge()
    first = asyncio.ensure_future(shared.report("a", b"1", judge, ignore))
    await asyncio.sleep(0)
    heard: list[TestResult] = []
    await asyncio.sleep(0)
    second = asyncio.ensure_future(shared.report("a", b"1", judge, heard.append))
    await asyncio.sleep(0)
    assert len(heard) == 1
    judge.go.set()
    assert await first == await second == await shared.report("a", b"1", judge, heard.append)
    assert (judge.begun, len(heard)) == (1, 2)


async def test_without_an_id_nothing_is_shared() -> None:
    shared, judge = SharedJudgings(), Judge()
    judge.go.set()
    await asyncio.gather(*(shared.report("", b"1", judge, ignore) for _ in range(2)))
    assert judge.begun == 2


async def test_an_id_is_for_one_request() -> None:
    shared, judge = SharedJudgings(), Judge()
    judge.go.set()
    await shared.report("a", b"1", judge, ignore)
    with pytest.raises(InvalidArgument) as error:
        await shared.report("a", b"2", judge, ignore)
    assert "request_id" in error.value.fields


async def test_the_last_one_who_leaves_ends_the_judging() -> None:
    shared, judge = SharedJudgings(), Judge()
    waiting = [asyncio.ensure_future(shared.report("a", b"1", judge, ignore)) for _ in range(2)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    await asyncio.sleep(0.01)
    assert judge.cancelled == 0
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    judge.go.set()
    assert (await shared.report("a", b"1", judge, ignore)).verdict is Verdict.AC
    assert (judge.begun, judge.cancelled) == (2, 1)


async def test_trouble_is_not_kept() -> None:
    shared, judge = SharedJudgings(), Judge(Verdict.IE)
    judge.go.set()
    await shared.report("a", b"1", judge, ignore)

    async def fail(_tell: OnResult) -> JudgeReport:
        raise Unavailable("no")

    with pytest.raises(Unavailable):
        await shared.report("a", b"1", fail, ignore)
    await shared.report("a", b"1", judge, ignore)
    assert judge.begun == 2


async def test_reports_are_forgotten_after_a_while_and_beyond_a_number() -> None:
    now = 0.0
    shared, judge = SharedJudgings(window_s=10, max_kept=2, clock=lambda: now), Judge()
    judge.go.set()
    for name in "abcd":
        await shared.report(name, b"1", judge, ignore)
    await shared.report("a", b"1", judge, ignore)
    assert judge.begun == 5
    await shared.report("a", b"1", judge, ignore)
    assert judge.begun == 5
    now = 11.0
    await shared.report("a", b"1", judge, ignore)
    assert judge.begun == 6
