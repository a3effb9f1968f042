"""Who is to blame for a dialogue that went wrong. The rules are those of Kattis' problemtools.

What the other side says first counts, whatever the program does after it; a failure of the program counts before what
the other side says later; the end of a pipe is nobody's failure.
"""

import signal
from collections.abc import Callable
from dataclasses import replace

from microcoder.core.verdict import Verdict
from microcoder.judge.domain.engine import Ended, EngineFailed, Interaction, Outcome, RunLimits
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.protocols import ProtocolError
from microcoder.judge.domain.verdicts import classify

Reading = Callable[[Outcome], Judgement]
"""What the other side says by its outcome; raises `ProtocolError`."""


def settled(said: Outcome, read: Reading) -> bool:
    """Whether such an end of the other side leaves nothing for the program to change."""
    try:
        return read(said).verdict is not Verdict.AC
    except ProtocolError:
        return True


def verdict_of(both: Interaction, limits: RunLimits, read: Reading) -> Judgement:
    """The judgement on a dialogue.

    Args:
        both: What became of both sides.
        limits: Of the program.
        read: What the other side says.

    Raises:
        EngineFailed: The other side failed: says nothing about the program.
    """
    try:
        said = read(both.other)
    except ProtocolError as error:
        return _other_failed(both, limits, error)
    if said.verdict is not Verdict.AC and both.other_first:
        return said
    return _failure(both, limits) or said


def _other_failed(both: Interaction, limits: RunLimits, error: ProtocolError) -> Judgement:
    failed = None if both.other_first else _failure(both, limits)
    if failed is not None:
        return failed
    if both.other.ended is Ended.IDLE and not both.other_first:
        return Judgement(verdict=Verdict.WA, message="the program ended before the dialogue did")
    raise EngineFailed(f"the interactor failed: {error}") from error


def _failure(both: Interaction, limits: RunLimits) -> Judgement | None:
    """What is wrong with the program, whatever the other side says."""
    program = both.program
    if program.signal == signal.SIGPIPE and both.other_first:
        program = replace(program, signal=None, exit_code=0)
    if program.ended is Ended.WALL and 2 * program.run_delay_us < program.wall_time_us:
        return Judgement(verdict=Verdict.ITL, message=f"the dialogue had not ended after {limits.wall_ms} ms")
    found = classify(program, limits)
    if found is None:
        return None
    hint = "; was the output flushed?" if found[0] is Verdict.ITL else ""
    return Judgement(verdict=found[0], message=found[1] + hint)
