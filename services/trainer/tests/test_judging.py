import asyncio

from microcoder.core.errors import Unavailable
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.trainer.train.judging import BatchJudge, JudgingLimits
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2


def answer(code: str) -> str:
    return f"Here it is.\n```python\n{code}\n```\n"


class ScriptedJudge:
    """Passes `good`, fails `bad`, has trouble with `trouble`, never ends with `slow`."""

    def __init__(self) -> None:
        self.asked: list[pb.Submission] = []
        self.at_a_time = 0
        self.most = 0

    async def judge(self, submission: pb.Submission, *, timeout_s: float) -> JudgeReport:
        self.asked.append(submission)
        self.at_a_time += 1
        self.most = max(self.most, self.at_a_time)
        try:
            return await self._answer(submission.source.decode().strip())
        finally:
            self.at_a_time -= 1

    async def _answer(self, source: str) -> JudgeReport:
        await asyncio.sleep(60 if source == "slow" else 0.001)
        if source == "trouble":
            raise Unavailable("no judge")
        return JudgeReport(verdict=Verdict.AC if source == "good" else Verdict.WA, passed=0, total=1)


async def rewards(judge: ScriptedJudge, codes: list[str], limits: JudgingLimits | None = None) -> list[float | None]:
    scorer = BatchJudge(judge, limits or JudgingLimits())
    return [row.reward for row in await scorer.score(["p"] * len(codes), [answer(code) for code in codes])]


async def test_rewards_come_in_the_order_of_the_completions() -> None:
    assert await rewards(ScriptedJudge(), ["bad", "good", "trouble", "bad"]) == [0.0, 1.0, None, 0.0]


async def test_the_judge_is_asked_for_one_failure_of_a_python_program() -> None:
    judge = ScriptedJudge()
    await rewards(judge, ["good"])
    (submission,) = judge.asked
    assert (submission.language, submission.problem_id) == ("python3", "p")
    assert submission.stop_mode == verdict_pb2.STOP_MODE_FIRST_FAIL


async def test_equal_programs_for_a_problem_are_judged_once() -> None:
    judge = ScriptedJudge()
    scorer = BatchJudge(judge, JudgingLimits())
    rows = await scorer.score(["p", "p", "q"], [answer("good")] * 3)
    assert [row.reward for row in rows] == [1.0, 1.0, 1.0]
    assert sorted(s.problem_id for s in judge.asked) == ["p", "q"]


async def test_a_program_that_comes_again_is_not_judged_again_unless_there_was_trouble() -> None:
    judge = ScriptedJudge()
    scorer = BatchJudge(judge, JudgingLimits())
    completions = [answer("good"), answer("trouble")]
    first = await scorer.score(["p", "p"], completions)
    second = await scorer.score(["p", "p"], completions)
    assert [row.reward for row in first] == [row.reward for row in second] == [1.0, None]
    assert sorted(s.source.decode().strip() for s in judge.asked) == ["good", "trouble", "trouble"]


async def test_a_completion_without_a_program_costs_no_call() -> None:
    judge = ScriptedJudge()
    rows = await BatchJudge(judge, JudgingLimits()).score(["p"], ["I would add the numbers."])
    assert (rows[0].reward, rows[0].verdict, judge.asked) == (0.0, Verdict.CE, [])


async def test_stragglers_are_cut_off_and_get_no_reward() -> None:
    judge = ScriptedJudge()
    limits = JudgingLimits(batch_timeout_s=0.2, concurrency=8)
    assert await rewards(judge, ["slow", "good"], limits) == [None, 1.0]
    assert judge.at_a_time == 0


async def test_no_more_than_the_limit_are_with_the_judge() -> None:
    judge = ScriptedJudge()
    scorer = BatchJudge(judge, JudgingLimits(concurrency=3))
    await scorer.score([f"p{i}" for i in range(12)], [answer("good")] * 12)
    assert judge.most == 3
