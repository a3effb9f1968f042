"""From a verdict to a reward."""

from dataclasses import dataclass

from microcoder.core.verdict import Verdict
from microcoder.trainer.domain.truncation import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A completion with what the judge said about it."""

    problem_id: str
    """The problem."""
    completion: str
    """What the model wrote."""
    verdict: Verdict
    """CE where there is no program in it, IE where the judge could not say."""
    standing: Standing
    """The same, as the truncation mask sees it."""
    reward: float | None
    """1 if all tests pass, else 0; None where the judge could not say."""


def scored(problem_id: str, completion: str, verdict: Verdict | None, *, has_program: bool) -> Scored:
    """A completion with its reward: binary, all tests pass or not.

    Args:
        problem_id: The problem.
        completion: What the model wrote.
        verdict: What the judge said; None if it could not say or was not asked.
        has_program: Whether there is a program in the completion. One without is worth 0 and needs no judge.
    """
    if not has_program:
        verdict, standing, reward = Verdict.CE, Standing.INCOMPLETE, 0.0
    elif verdict is None or verdict is Verdict.IE:
        verdict, standing, reward = Verdict.IE, Standing.UNKNOWN, None
    elif verdict is Verdict.AC:
        standing, reward = Standing.PASSED, 1.0
    else:
        standing, reward = Standing.FAILED, 0.0
    return Scored(problem_id=problem_id, completion=completion, verdict=verdict, standing=standing, reward=reward)


def overlong_charge(length: int, max_length: int, share: float) -> float:
    """DAPO's soft overlong punishment (arXiv:2503.14476, equation 13), 0 to -1.

    Falls linearly from 0 to -1 over the last `share` of the length limit.

    Args:
        length: Tokens of the completion.
        max_length: Length limit, tokens.
        share: Part of the limit in which length is charged; 0 charges nothing.
    """
    cache = int(max_length * share)
    free = max_length - cache
    if cache == 0 or length <= free:
        return 0.0
    return max(-1.0, (free - length) / cache)


def mean_reward(batch: list[Scored]) -> float | None:
    """Mean over those that the judge could score; None where there is none."""
    known = [item.reward for item in batch if item.reward is not None]
    return sum(known) / len(known) if known else None
