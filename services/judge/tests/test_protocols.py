"""What checkers say, and who is to blame for a dialogue that went wrong."""

import signal
from collections.abc import Mapping

import pytest

from microcoder.core.verdict import Verdict
from microcoder.judge.domain.dialogues import settled, verdict_of
from microcoder.judge.domain.engine import Ended, EngineFailed, Interaction, Outcome, RunLimits
from microcoder.judge.domain.judgement import Judgement
from microcoder.judge.domain.protocols import ProtocolError, judgement_of_kattis, judgement_of_testlib, read_feedback

AC, WA, TLE, RE, ITL = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.RE, Verdict.ITL
LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=2**27, output_bytes=2**20)


def framed(**files: bytes) -> bytes:
    return b"".join(f"{name}.txt {len(data)}\n".encode() + data for name, data in files.items())


def test_feedback_files() -> None:
    data = framed(score=b"1.5\n", judgemessage=b"no\nscore.txt 3\n", teammessage="é".encode())
    assert read_feedback(data) == {
        "score.txt": b"1.5\n", "judgemessage.txt": b"no\nscore.txt 3\n", "teammessage.txt": "é".encode(),
    }  # fmt: skip
    assert read_feedback(b"") == read_feedback(b"nonsense") == read_feedback(b"other.txt 3\nabc") == {}


@pytest.mark.parametrize(
    ("code", "files", "judgement"),
    [
        (42, {}, Judgement(verdict=AC)),
        (42, {"score.txt": b" 12.5\n"}, Judgement(verdict=AC, score=12.5)),
        (42, {"score_multiplier.txt": b"0.5"}, Judgement(verdict=AC, score_multiplier=0.5)),
        (42, {"judgemessage.txt": b"fine", "teammessage.txt": b"well"}, Judgement(verdict=AC, team_message="well")),
        (43, {"judgemessage.txt": b"bad\x1b\n"}, Judgement(verdict=WA, message="bad\\x1b")),
        (43, {"score.txt": b"0.00\n"}, Judgement(verdict=WA)),
    ],
)
def test_kattis_validators(code: int, files: Mapping[str, bytes], judgement: Judgement) -> None:
    assert judgement_of_kattis(Outcome(exit_code=code), files) == judgement


@pytest.mark.parametrize(
    ("said", "files"),
    [
        (Outcome(exit_code=0), {}),
        (Outcome(exit_code=1), {"judgemessage.txt": b"who am I"}),
        (Outcome(signal=11), {}),
        (Outcome(ended=Ended.CPU), {}),
        (Outcome(exit_code=42), {"score.txt": b"many"}),
        (Outcome(exit_code=42), {"score.txt": b"-1"}),
        (Outcome(exit_code=42), {"score.txt": b"1e999"}),
        (Outcome(exit_code=42), {"score_multiplier.txt": b"1.5"}),
    ],
)
def test_kattis_validators_that_fail(said: Outcome, files: Mapping[str, bytes]) -> None:
    with pytest.raises(ProtocolError):
        judgement_of_kattis(said, files)


@pytest.mark.parametrize(
    ("code", "stderr", "scoring", "judgement"),
    [
        (0, b"ok 3 numbers", False, Judgement(verdict=AC)),
        (1, b"wrong answer found 4\n", False, Judgement(verdict=WA, message="wrong answer found 4")),
        (2, b"wrong output format", False, Judgement(verdict=WA, message="wrong output format")),
        (4, b"", False, Judgement(verdict=WA)),
        (8, b"unexpected eof", False, Judgement(verdict=WA, message="unexpected eof")),
        (7, b"points 2.5 half", True, Judgement(verdict=AC, message="points 2.5 half", score=2.5)),
        (7, b"points 2.5 half", False, Judgement(verdict=WA, message="points 2.5 half", score=2.5)),
        (7, b"points 0", True, Judgement(verdict=WA, message="points 0", score=0.0)),
        (116, b"", True, Judgement(verdict=AC, score_multiplier=0.5)),
        (216, b"", False, Judgement(verdict=WA, score_multiplier=1.0)),
    ],
)
def test_testlib_checkers(code: int, stderr: bytes, scoring: bool, judgement: Judgement) -> None:
    assert judgement_of_testlib(Outcome(exit_code=code, stderr=stderr), scoring=scoring) == judgement


@pytest.mark.parametrize(
    "said",
    [Outcome(exit_code=3, stderr=b"FAIL no answer"), Outcome(exit_code=5), Outcome(signal=6), Outcome(exit_code=7)],
)
def test_testlib_checkers_that_fail(said: Outcome) -> None:
    with pytest.raises(ProtocolError):
        judgement_of_testlib(said, scoring=True)


def read(said: Outcome) -> Judgement:
    return judgement_of_kattis(said, {})


def judged(program: Outcome, other: Outcome) -> Verdict:
    return verdict_of(Interaction(program=program, other=other), LIMITS, read).verdict


def at(moment: int, code: int | None = 0, **fields: object) -> Outcome:
    return Outcome(exit_code=code, ended_at_us=moment, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("program", "other", "verdict"),
    [
        (at(1), at(2, 42), AC),
        (at(2), at(1, 42), AC),
        (at(1), at(2, 43), WA),
        (at(2, 1), at(1, 43), WA),  # said first, whatever happens after it
        (at(2, None, ended=Ended.CANCEL), at(1, 43), WA),
        (at(2, None, ended=Ended.CPU), at(1, 43), WA),
        (at(1, 1), at(2, 43), RE),  # crashed first
        (at(1, None, ended=Ended.CPU), at(2, 43), TLE),
        (at(1, None, ended=Ended.IDLE), at(2, 43), ITL),
        (at(2, 1), at(1, 42), RE),  # after it was told that it is right
        (at(2, None, ended=Ended.CPU), at(1, 42), TLE),
        (at(2, None, signal=signal.SIGPIPE), at(1, 42), AC),
        (at(1, 1), at(2, 1), RE),  # the other side fails because the program did
        (at(1), at(2, None, ended=Ended.IDLE), WA),  # it left the other side waiting
        (at(1, None, ended=Ended.WALL, wall_time_us=9_000_000, run_delay_us=1_000), at(2, 43), ITL),
        (at(1, None, ended=Ended.WALL, wall_time_us=9_000_000, run_delay_us=8_000_000), at(2, 43), Verdict.IE),
    ],
)
def test_who_is_to_blame(program: Outcome, other: Outcome, verdict: Verdict) -> None:
    assert judged(program, other) is verdict


@pytest.mark.parametrize(
    ("program", "other"),
    [
        (at(2, None, ended=Ended.CANCEL), at(1, 1)),
        (at(1), at(2, 0)),
        (at(2, 1), at(1, None, signal=11)),
        (at(1), at(2, None, ended=Ended.CPU)),
    ],
)
def test_an_interactor_that_fails_says_nothing_about_the_program(program: Outcome, other: Outcome) -> None:
    with pytest.raises(EngineFailed):
        judged(program, other)


def test_what_settles() -> None:
    assert settled(at(1, 43), read)
    assert settled(at(1, 1), read)
    assert not settled(at(1, 42), read)
