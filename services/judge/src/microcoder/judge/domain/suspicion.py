"""Signs that more than one answer is right, so that a built-in comparison would punish right programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microcoder.core.ids import digest_of
from microcoder.core.verdict import Verdict
from microcoder.core.verification import ProgramCheck

_WORDS_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program printed, in short."""

    digest: str
    """Of the exact bytes."""
    words: int
    """How many there are, 0 where it is too long to count them."""
    words_digest: str
    """Of the words: white space aside."""


def printed(output: bytes) -> Printed:
    """`output` in short."""
    words = output.split() if len(output) <= _WORDS_BYTES else [output]
    return Printed(digest_of(output), len(words) if len(output) <= _WORDS_BYTES else 0, digest_of(b" ".join(words)))


def several_answers(
    checks: Sequence[ProgramCheck], outputs: Mapping[str, Mapping[str, Printed]], *, first_test: str
) -> str:
    """Why more than one answer seems right, empty where nothing speaks for it.

    - One right program passes a test, and another prints as many words there, but others.
    - Right programs that fail on the same test print different answers to it.
    - They print the same on the very first test and none of them passes it: the comparison takes none of their
      outputs. Where they agree on a later test only, its answer is wrong, which is another trouble.

    Args:
        checks: Of the right programs.
        outputs: What they printed, by the name of the program and of the test.
        first_test: Name of the first test.
    """
    wrong = [check for check in checks if check.verdict is Verdict.WA]
    for check in wrong:
        others = [c for c in checks if c is not check and check.failed_test in outputs.get(c.name, {})]
        ours = outputs[check.name][check.failed_test]
        for other in others:
            theirs = outputs[other.name][check.failed_test]
            if _differ(ours, theirs) and (other in wrong or ours.words == theirs.words):
                return f"{check.name} and {other.name} give different answers to {check.failed_test}"
    if len(wrong) > 1 and len(wrong) == len(checks) and all(check.failed_test == first_test for check in wrong):
        return f"{len(wrong)} right programs agree with each other and not with the answer to {first_test}"
    return ""


def _differ(ours: Printed, theirs: Printed) -> bool:
    return ours.words_digest != theirs.words_digest
