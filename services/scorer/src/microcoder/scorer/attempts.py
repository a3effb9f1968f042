"""Attempts of a target model on one problem, judged."""

import asyncio
from dataclasses import dataclass

from microcoder.core.difficulty import CalibrationSpec
from microcoder.core.errors import FailedPrecondition, MicrocoderError, NotFound, PermissionDenied
from microcoder.core.problem import Problem
from microcoder.core.solving import extract_code, solver_messages
from microcoder.core.verdict import Verdict
from microcoder.llm import ChatClient
from microcoder.rpc import JudgeClient
from microcoder.scorer.domain.rows import task_of
from microcoder.v1 import judge_service_pb2, verdict_pb2

_LANGUAGE = "python3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the attempts on one problem."""

    attempts: int
    """Those whose outcome is known."""
    passed: int
    """Those that passed all tests."""
    trouble: str
    """Why others are not known, in plain words; empty where all are."""


class Attempter:
    """Lets the target model try and the judge decide. Trouble of either is no failure of the model: it is left out."""

    def __init__(self, client: ChatClient, judge: JudgeClient, *, judge_timeout_s: float) -> None:
        self._client = client
        self._judge = judge
        self._judge_timeout_s = judge_timeout_s

    async def attempt(self, problem: Problem, spec: CalibrationSpec, *, model: str) -> Outcome:
        """Makes `spec.attempts` attempts.

        Raises:
            PermissionDenied, NotFound, FailedPrecondition: The endpoint cannot be used at all, on no problem.
        """
        try:
            answers = await self._client.chat(
                solver_messages(task_of(problem), worked_examples=spec.worked_examples),
                model=model,
                n=spec.attempts,
                temperature=spec.temperature,
                max_tokens=spec.max_tokens,
                seed=spec.seed,
            )
        except (PermissionDenied, NotFound, FailedPrecondition):
            raise
        except MicrocoderError as error:
            return Outcome(attempts=0, passed=0, trouble=error.message)
        verdicts = await asyncio.gather(*(self._passes(problem.id, choice.text) for choice in answers.choices))
        known = [verdict for verdict in verdicts if isinstance(verdict, bool)]
        trouble = next((verdict for verdict in verdicts if isinstance(verdict, str)), "")
        return Outcome(attempts=len(known), passed=sum(known), trouble=trouble)

    async def _passes(self, problem_id: str, answer: str) -> bool | str:
        """Whether the program in an answer passes, or why that is not known."""
        code = extract_code(answer)
        if not code:
            return False
        submission = judge_service_pb2.Submission(
            language=_LANGUAGE,
            source=code.encode("utf-8", "replace"),
            problem_id=problem_id,
            stop_mode=verdict_pb2.STOP_MODE_FIRST_FAIL,
        )
        try:
            report = await self._judge.judge(submission, timeout_s=self._judge_timeout_s)
        except MicrocoderError as error:
            return error.message
        return report.verdict is Verdict.AC
