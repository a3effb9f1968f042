import pytest

from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.core.verification import Grade, ProgramCheck
from microcoder.judge.domain.verification import check_of, conclude, is_right, is_wrong
from microcoder.testing.builders import make_program

AC, WA, RE, TLE, ITL, CE, SKIPPED = (
    Verdict.AC,
    Verdict.WA,
    Verdict.RE,
    Verdict.TLE,
    Verdict.ITL,
    Verdict.CE,
    Verdict.SKIPPED,
)


def check(expected: Verdict | tuple[Verdict, ...], got: Verdict) -> ProgramCheck:
    right = expected if isinstance(expected, tuple) else (expected,)
    return ProgramCheck(name="p", language="python3", expected=right, verdict=got, agrees=got in right)


@pytest.mark.parametrize(
    ("checks", "grade", "reason"),
    [
        ([check(AC, AC)], Grade.ACCEPTED, None),
        ([check(AC, AC), check(WA, WA)], Grade.PROVEN, None),
        ([check(AC, AC), check(WA, RE)], Grade.PROVEN, None),
        ([check(AC, AC), check(TLE, ITL), check(RE, RE)], Grade.PROVEN, None),
        ([check(AC, AC), check(WA, AC)], Grade.NONE, RejectReason.WRONG_ACCEPTED),
        ([check(AC, AC), check(RE, AC)], Grade.NONE, RejectReason.WRONG_ACCEPTED),
        ([check(AC, AC), check(WA, WA), check(TLE, AC)], Grade.ACCEPTED, None),
        ([check(AC, AC), check((WA, TLE), AC)], Grade.NONE, RejectReason.WRONG_ACCEPTED),
        ([check(AC, AC), check(AC, WA)], Grade.NONE, RejectReason.REFERENCE_FAILED),
        ([check(AC, AC), check(AC, TLE)], Grade.ACCEPTED, None),
        ([check(AC, TLE)], Grade.NONE, RejectReason.REFERENCE_FAILED),
        ([check(AC, AC), check(AC, CE)], Grade.ACCEPTED, None),
        ([check(AC, CE)], Grade.NONE, RejectReason.NO_REFERENCE),
        ([check(AC, SKIPPED), check(WA, WA)], Grade.NONE, RejectReason.NO_REFERENCE),
        ([check(WA, WA)], Grade.NONE, RejectReason.NO_REFERENCE),
        ([], Grade.NONE, RejectReason.NO_REFERENCE),
        ([check(AC, AC), check(WA, CE), check(WA, SKIPPED)], Grade.ACCEPTED, None),
        ([check(AC, AC), check((AC, WA), AC)], Grade.ACCEPTED, None),
    ],
)
def test_conclusions(checks: list[ProgramCheck], grade: Grade, reason: RejectReason | None) -> None:
    finding = conclude(checks)
    assert (finding.grade, finding.reason) == (grade, reason)
    assert finding.message


def test_counts_leave_out_what_was_not_run() -> None:
    finding = conclude(
        [check(AC, AC), check(AC, TLE), check(AC, SKIPPED), check(WA, WA), check(TLE, AC), check(WA, CE)]
    )
    assert (finding.accepted_passed, finding.accepted_total) == (1, 2)
    assert (finding.wrong_caught, finding.wrong_total) == (1, 2)


def test_a_check_names_the_test_that_failed() -> None:
    results = (
        TestResult(ordinal=0, name="a", verdict=AC),
        TestResult(ordinal=1, name="b", verdict=ITL, message="slept"),
    )
    report = JudgeReport(verdict=ITL, passed=1, total=2, results=results)
    found = check_of(make_program(expected=(TLE,)), report)
    assert found.agrees
    assert (found.failed_test, found.message) == ("b", "slept")
    assert not check_of(make_program(expected=(WA,)), report).agrees


def test_what_may_go_either_way_proves_nothing() -> None:
    either = make_program(expected=(AC, TLE))
    assert not is_right(either)
    assert not is_wrong(either)
    assert not is_wrong(make_program(expected=()))
