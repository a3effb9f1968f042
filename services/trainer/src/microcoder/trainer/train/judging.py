"""The judge as the reward of a batch of completions."""

import asyncio
from collections.abc import Sequence
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


class BatchJudge:
    """Scores completions. Equal programs for one problem in a batch are judged once."""

    def __init__(self, judge: Judging, limits: JudgingLimits) -> None:
        self._judge = judge
        self._limits = limits

    async def score(self, problem_ids: Sequence[str], completions: Sequence[str]) -> list[Scored]:
        """Each completion with its reward, in order. Trouble of the judge is no reward, not a reward of 0."""
        programs = [extract_code(text) for text in completions]
        asked = list(zip(problem_ids, programs, strict=True))
        verdicts = await self._verdicts({pair for pair in asked if pair[1]})
        return [
            scored(problem_id, text, verdicts.get((problem_id, program)), has_program=bool(program))
            for (problem_id, program), text in zip(asked, completions, strict=True)
        ]

    async def _verdicts(self, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Verdict | None]:
        """One verdict per pair of problem and program; None where the judge could not say in time."""
        slots = asyncio.Semaphore(self._limits.concurrency)
        tasks = {pair: asyncio.create_task(self._verdict(*pair, slots)) for pair in sorted(pairs)}
        if not tasks:
            return {}
        _, late = await asyncio.wait(tasks.values(), timeout=self._limits.batch_timeout_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.gather(*late, return_exceptions=True)
            _LOG.warning("programs without a verdict in time get no reward", late=len(late), asked=len(tasks))
        return {pair: None if task in late else task.result() for pair, task in tasks.items()}

    async def _verdict(self, problem_id: str, program: str, slots: asyncio.Semaphore) -> Verdict | None:
        submission = pb.Submission(
            language="python3",
            source=program.encode("utf-8", "replace"),
            problem_id=problem_id,
            stop_mode=verdict_pb2.STOP_MODE_FIRST_FAIL,
        )
        async with slots:
            try:
                report = await self._judge.judge(submission, timeout_s=self._limits.sample_timeout_s)
            except MicrocoderError as error:
                _LOG.warning("no verdict for a program", problem_id=problem_id, error=error.message)
                return None
        return report.verdict
