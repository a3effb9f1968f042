"""What the checkers of problems say by their exit codes and files: Kattis' output validators and testlib's checkers.

Sources: https://www.kattis.com/problem-package-format/spec/legacy.html#output-validators and the exit codes of testlib.
"""

import math
import re
from collections.abc import Mapping

from microcoder.core.verdict import Verdict
from microcoder.judge.domain.engine import Outcome
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.verdicts import readable

FEEDBACK_FILES = ("score.txt", "score_multiplier.txt", "judgemessage.txt", "teammessage.txt")
"""What a Kattis validator may leave in its feedback folder and is read."""

_ACCEPT, _REJECT = 42, 43
_OK, _WRONG, _FAIL, _POINTS = 0, frozenset({1, 2, 4, 8}), 3, 7
_PARTIAL_FIRST, _PARTIAL_LAST = 16, 216
_POINTS_SAID = re.compile(rb"^\s*points\s+([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


class ProtocolError(Exception):
    """The checker did not say anything that can be understood."""


def read_feedback(framed: bytes) -> dict[str, bytes]:
    """The files in `framed`: for each a line with name and length, then its bytes."""
    files: dict[str, bytes] = {}
    while framed:
        header, _, rest = framed.partition(b"\n")
        name, _, length = header.decode("ascii", "replace").partition(" ")
        if name not in FEEDBACK_FILES or not length.isdigit():
            return files
        files[name], framed = rest[: int(length)], rest[int(length) :]
    return files


def judgement_of_kattis(said: Outcome, feedback: Mapping[str, bytes]) -> Judgement:
    """What a Kattis validator says: 42 accepts, 43 rejects. A score on rejection does not count.

    Raises:
        ProtocolError: Another exit code, or a score that is no number.
    """
    message = readable(feedback.get("judgemessage.txt", b"")).strip()
    team_message = readable(feedback.get("teammessage.txt", b"")).strip()
    if said.exit_code == _REJECT:
        return Judgement(verdict=Verdict.WA, message=message, team_message=team_message)
    if said.exit_code != _ACCEPT:
        raise ProtocolError(f"{_ended(said)}{': ' if message else ''}{message[:200]}")
    return Judgement(
        verdict=Verdict.AC,
        score=_score(feedback, "score.txt", most=math.inf),
        score_multiplier=_score(feedback, "score_multiplier.txt", most=1.0),
        team_message=team_message,
    )


def judgement_of_testlib(said: Outcome, *, scoring: bool) -> Judgement:
    """What a testlib checker says: 0 accepts; 1, 2, 4 and 8 reject; 7 gives points, 16 to 216 a share of them.

    Points make a test right only where the problem is about points; elsewhere nothing but 0 does.

    Raises:
        ProtocolError: It failed (3), or it said something else.
    """
    code = said.exit_code
    message = readable(said.stderr.strip(), limit=300)
    if code == _OK:
        return Judgement(verdict=Verdict.AC)
    if code in _WRONG:
        return Judgement(verdict=Verdict.WA, message=message)
    if code == _POINTS:
        points = _points(said.stderr)
        return Judgement(verdict=_partly(points, scoring), message=message, score=points)
    if code is not None and _PARTIAL_FIRST <= code <= _PARTIAL_LAST:
        share = (code - _PARTIAL_FIRST) / (_PARTIAL_LAST - _PARTIAL_FIRST)
        return Judgement(verdict=_partly(share, scoring), message=message, score_multiplier=share)
    why = "it says that it failed" if code == _FAIL else _ended(said)
    raise ProtocolError(f"{why}{': ' if message else ''}{message}")


def _partly(points: float, scoring: bool) -> Verdict:
    return Verdict.AC if scoring and points > 0 else Verdict.WA


def _points(stderr: bytes) -> float:
    match = _POINTS_SAID.match(stderr)
    if match is None:
        raise ProtocolError("it gives points and does not say how many")
    return float(match[1])


def _score(feedback: Mapping[str, bytes], name: str, *, most: float) -> float | None:
    if name not in feedback:
        return None
    text = feedback[name].decode("utf-8", "replace")
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not 0 <= value <= most or math.isinf(value):
        raise ProtocolError(f"its {name} holds {text.strip()[:40]!r}")
    return value


def _ended(said: Outcome) -> str:
    if said.ended is not None:
        return f"it was ended at its limit ({said.ended})"
    return f"it ended with signal {said.signal}" if said.signal is not None else f"exit code {said.exit_code}"
