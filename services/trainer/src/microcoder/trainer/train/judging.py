"""The judge as the reward of a batch of completions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from microcoder.core.errors import MicrocoderError
from microcoder.core.solving import extract_code
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.telemetry import get_logger
from microcoder.trainer.domain.rewards import Scored, scored
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import verdict_pb2

_LOG = get_logger(__name__)


class Judging(Protocol):
    """What is needed of `microcoder.rpc.JudgeClient`."""

    async def judge(self, submission: pb.Submission, *, timeout_s: float) -> JudgeReport:
        """The verdict, or an error where there is none; never IE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingLimits:
    """How long and how hard the judge is asked. TRL itself waits for rewards without any limit."""

    sample_timeout_s: float = 120.0
    """Longest wait for one program, retries and queueing at the judge included, seconds."""
    batch_timeout_s: float = 600.0
    """Longest wait for all programs of a rollout, seconds; those that are not done by then have no reward."""
    concurrency: int = 8
    """Programs that are with the judge at a time."""


_REPEATABLE = frozenset({Verdict.AC, Verdict.WA, Verdict.RE, Verdict.CE})
"""Verdicts that another run would give again; those about time and memory may depend on the load."""
_MOST_KNOWN = 10_000

Asked = tuple[str, str]
"""A problem id and a program."""


class BatchJudge:
    """Scores completions. A program is judged once per problem: the better a model gets, the more it repeats itself."""

    def __init__(self, judge: Judging, limits: JudgingLimits) -> None:
        self._judge = judge
        self._limits = limits
        self._known: dict[Asked, Verdict] = {}

    async def score(self, problem_ids: Sequence[str], completions: Sequence[str]) -> list[Scored]:
        """Each completion with its reward, in order. Trouble of the judge is no reward, not a reward of 0."""
        programs = [extract_code(text) for text in completions]
        asked = list(zip(problem_ids, programs, strict=True))
        verdicts = await self._verdicts({pair for pair in asked if pair[1]} - self._known.keys())
        verdicts |= {pair: self._known[pair] for pair in asked if pair in self._known}
        self._remember(verdicts)
        return [
            scored(problem_id, text, verdicts.get((problem_id, program)), has_program=bool(program))
            for (problem_id, program), text in zip(asked, completions, strict=True)
        ]

    def _remember(self, verdicts: Mapping[Asked, Verdict | None]) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known |= {pair: verdict for pair, verdict in verdicts.items() if verdict in _REPEATABLE}

    async def _verdicts(self, pairs: set[Asked]) -> dict[Asked, Verdict | None]:
        """One verdict per pair of problem and program; None where the judge could not say in time."""
        if not pairs:
            return {}
        slots = asyncio.Semaphore(self._limits.concurrency)
        tasks = {pair: asyncio.create_task(self._verdict(*pair, slots)) for pair in sorted(pairs)}
        _, late = await asyncio.wait(tasks.values(), timeout=self._limits.batch_timeout_s)
        for task in late:
            task.cancel()
        answers = await asyncio.gather(*tasks.values(), return_exceptions=True)
        _report(answers)
        return {
            pair: None if isinstance(answer, BaseException) else answer
            for pair, answer in zip(tasks, answers, strict=True)
        }

    async def _verdict(self, problem_id: str, program: str, slots: asyncio.Semaphore) -> Verdict:
        submission = pb.Submission(
            language="python3",
            source=program.encode("utf-8", "replace"),
            problem_id=problem_id,
            stop_mode=verdict_pb2.STOP_MODE_FIRST_FAIL,
        )
        async with slots:
            report = await self._judge.judge(submission, timeout_s=self._limits.sample_timeout_s)
        return report.verdict


def _report(answers: Sequence[Verdict | BaseException]) -> None:
    """One line for all programs without a verdict. What is no trouble of the judge is a bug, and is raised.

    Raises:
        Exception: The first answer that is neither a verdict, nor the judge's trouble, nor a straggler.
    """
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    for error in errors:
        if not isinstance(error, (MicrocoderError, asyncio.CancelledError)):
            raise error
    if errors:
        reason = str(errors[0]) or "not in time"
        _LOG.warning("programs without a verdict get no reward", without=len(errors), of=len(answers), reason=reason)
