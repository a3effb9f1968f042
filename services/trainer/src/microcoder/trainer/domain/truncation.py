"""The conditional truncation mask of MicroCoder-GRPO (arXiv:2603.07777, equations 1 and 2).

The advantage of a completion is set to zero if all of this holds: it hit the length limit; it is not wrong; its end
does not repeat itself; and a coin with probability `rho` says so. The mask multiplies the advantage, so a masked
completion still counts in the mean and the standard deviation of its group.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Eligible(StrEnum):
    """Which truncated completions may be masked. The paper's sources differ, so it is a setting."""

    NOT_WRONG = "not_wrong"
    """Correct or incomplete, as the paper's text defines it: every one but those that hold a whole, wrong program."""
    PASSED = "passed"
    """Only those whose program passes."""


class Standing(StrEnum):
    """What is known about the program in a completion."""

    PASSED = "passed"
    """It passes all tests."""
    FAILED = "failed"
    """There is a whole program and it does not."""
    INCOMPLETE = "incomplete"
    """There is no whole program."""
    UNKNOWN = "unknown"
    """The judge could not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    """The settings of the mask."""

    max_tokens: int
    """Length limit of completions, tokens."""
    rho: float = 0.3
    """Probability of masking, given that the rest holds."""
    window: int = 128
    """Tokens at the end that are compared with as many before them."""
    eligible: Eligible = Eligible.NOT_WRONG
    """Which completions may be masked."""


def is_truncated(token_ids: Sequence[int], end_ids: Collection[int], max_tokens: int) -> bool:
    """Whether a completion hit the length limit instead of ending by itself."""
    return len(token_ids) >= max_tokens and token_ids[-1] not in end_ids


def repeats(token_ids: Sequence[int], window: int) -> bool:
    """Whether the last `window` tokens equal the `window` before them; False for fewer than two windows."""
    return len(token_ids) >= 2 * window and list(token_ids[-window:]) == list(token_ids[-2 * window : -window])


def is_masked(
    token_ids: Sequence[int], end_ids: Collection[int], standing: Standing, rule: MaskRule, coin: random.Random
) -> bool:
    """Whether the advantage of a completion is set to zero.

    Args:
        token_ids: Its tokens, end token included where there is one.
        end_ids: Tokens that end a completion.
        standing: What is known about its program.
        rule: The settings.
        coin: Thrown only where the other conditions hold, so that its state depends on nothing else.
    """
    if not is_truncated(token_ids, end_ids, rule.max_tokens) or not _may_be_masked(standing, rule.eligible):
        return False
    return not repeats(token_ids, rule.window) and coin.random() < rule.rho


def _may_be_masked(standing: Standing, eligible: Eligible) -> bool:
    if eligible is Eligible.PASSED:
        return standing is Standing.PASSED
    return standing in (Standing.PASSED, Standing.INCOMPLETE)
