import pytest

from microcoder.core.verdict import Verdict
from microcoder.core.verification import Catch, ProgramCheck
from microcoder.judge.domain.guessing import Question, best_guess
from microcoder.judge.domain.proposal import proposed_limits
from microcoder.judge.domain.suspicion import printed, several_answers
from microcoder.judge.domain.verification import catches

AC, WA, RE, TLE, CE = Verdict.AC, Verdict.WA, Verdict.RE, Verdict.TLE, Verdict.CE


def check(name: str, verdict: Verdict, *, failed: str = "", cpu_ms: int = 0, expected: Verdict = AC) -> ProgramCheck:
    return ProgramCheck(
        name=name,
        language=name.rpartition(".")[2],
        expected=(expected,),
        verdict=verdict,
        agrees=verdict is expected,
        failed_test=failed,
        cpu_time_ms=cpu_ms,
    )


@pytest.mark.parametrize(
    ("checks", "outputs", "suspicious"),
    [
        ([("a", AC, ""), ("b", WA, "2")], {"a": {"1": b"x", "2": b"1 2"}, "b": {"1": b"x", "2": b"2 1"}}, True),
        ([("a", AC, ""), ("b", WA, "2")], {"a": {"1": b"x", "2": b"1 2"}, "b": {"1": b"x", "2": b"1 2 3"}}, False),
        ([("a", WA, "1"), ("b", WA, "1")], {"a": {"1": b"1"}, "b": {"1": b"2 3"}}, True),
        ([("a", WA, "1"), ("b", WA, "1")], {"a": {"1": b"1 2"}, "b": {"1": b"1\n2\n"}}, True),
        ([("a", WA, "2"), ("b", WA, "2")], {"a": {"1": b"x", "2": b"1"}, "b": {"1": b"x", "2": b"1"}}, False),
        ([("a", WA, "1"), ("b", RE, "1")], {"a": {"1": b"1"}, "b": {}}, False),
        ([("a", WA, "1")], {"a": {"1": b"1"}}, False),
        ([("a", AC, ""), ("b", TLE, "1")], {"a": {"1": b"1"}, "b": {}}, False),
    ],
    ids=["others", "garbage", "both wrong", "no output taken", "wrong answer", "crash", "one", "slow"],
)
def test_several_answers(
    checks: list[tuple[str, Verdict, str]], outputs: dict[str, dict[str, bytes]], suspicious: bool
) -> None:
    short = {name: {test: printed(text) for test, text in of.items()} for name, of in outputs.items()}
    made = [check(name, verdict, failed=failed) for name, verdict, failed in checks]
    assert bool(several_answers(made, short, first_test="1")) is suspicious


def question(answer: bytes, given: bytes = b"in") -> Question:
    return Question(copied=given, answer=answer, accepts=lambda output: output.strip() == answer.strip())


def test_the_best_guess_is_found() -> None:
    best = best_guess([question(b"YES\n"), question(b"NO\n"), question(b"YES\n")], total=4)
    assert (best.share, best.text) == (0.5, "always 'YES'")
    copied = best_guess([question(b"a", b"a"), question(b"b", b"b")], total=2)
    assert (copied.share, copied.text) == (1.0, "the input itself")
    assert best_guess([question(b"", b"x")], total=1).text == "nothing"
    assert best_guess([], total=3).share == 0.0


@pytest.mark.parametrize(("slowest_ms", "limit_ms"), [(0, 1_000), (200, 1_000), (301, 1_300), (2_000, 6_000)], ids=str)
def test_the_limit_of_an_interpreted_language_comes_from_its_accepted_programs(slowest_ms: int, limit_ms: int) -> None:
    checks = [
        check("quick.python3", AC, cpu_ms=slowest_ms // 2),
        check("slow.python3", AC, cpu_ms=slowest_ms),
        check("too_slow.python3", TLE, cpu_ms=3_100),
        check("wrong.python3", WA, cpu_ms=2_900, expected=WA),
        check("a.cpp", AC, cpu_ms=900),
    ]
    assert proposed_limits(checks, own_ms=1_000, tried_ms={"python3": 3_000}) == {"python3": limit_ms}
    assert proposed_limits(checks[4:], own_ms=1_000, tried_ms={"python3": 3_000}) == {}


def test_catches_are_counted_by_the_first_test_that_failed() -> None:
    checks = [
        check("a", AC),
        check("w", WA, failed="2", expected=WA),
        check("x", TLE, failed="2", expected=WA),
        check("y", WA, failed="1", expected=WA),
        check("z", CE, expected=WA),
        check("v", AC, expected=TLE),
    ]
    assert catches(checks, ["1", "2", "3"]) == (Catch(test="1", programs=1), Catch(test="2", programs=2))
