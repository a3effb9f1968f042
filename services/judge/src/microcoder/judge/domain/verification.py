"""What the runs of a problem's own programs say about its tests.

Right programs must pass: else the tests, the limits or our reading of the package are wrong, and the problem would
punish right answers. Wrong programs must fail: else it would reward wrong ones. Two things are no reason to reject:

- a right program that is only too slow where another right program passes. Interpreters and machines differ from those
  that the limit was made on: 11 of 62 accepted Python programs of the KTH packages need more than 10 s on two cores;
- a slow program that passes. Its answers are right, so it teaches nothing wrong; but the tests do not prove their
  limit, and the grade says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from microcoder.core.problem import Program
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.core.verification import Catch, Grade, ProgramCheck
from microcoder.judge.domain.guessing import Guess

_SLOW = frozenset({Verdict.TLE, Verdict.ITL})
_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.CE})
"""Says nothing about the tests: the language is missing here, or the compiler is not the author's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The conclusion from all checks."""

    grade: Grade
    reason: RejectReason | None
    message: str
    accepted_total: int
    accepted_passed: int
    wrong_total: int
    wrong_caught: int


def is_right(program: Program) -> bool:
    """Whether the program should pass all tests."""
    return program.expected == (Verdict.AC,)


def is_wrong(program: Program) -> bool:
    """Whether the program should fail a test. One that may do either proves nothing."""
    return bool(program.expected) and Verdict.AC not in program.expected


def check_of(program: Program, report: JudgeReport) -> ProgramCheck:
    """One program's report against what is right for it."""
    failed = next((r for r in report.results if r.verdict not in (Verdict.AC, Verdict.SKIPPED)), None)
    slow = bool(_SLOW.intersection(program.expected))
    return ProgramCheck(
        name=program.name,
        language=program.language,
        expected=program.expected,
        verdict=report.verdict,
        agrees=report.verdict in program.expected or (slow and report.verdict in _SLOW),
        cpu_time_ms=report.cpu_time_ms,
        failed_test=failed.name if failed else "",
        message=failed.message if failed else report.compile_message[:500],
    )


def skipped(program: Program, why: str) -> ProgramCheck:
    """A program that was not run."""
    return ProgramCheck(
        name=program.name,
        language=program.language,
        expected=program.expected,
        verdict=Verdict.SKIPPED,
        agrees=False,
        message=why,
    )


def conclude(checks: Sequence[ProgramCheck]) -> Finding:
    """The grade of the tests, or why the problem is rejected."""
    ran = [check for check in checks if check.verdict not in _NOT_RUN]
    right = [check for check in ran if check.expected == (Verdict.AC,)]
    wrong = [check for check in ran if check.expected and Verdict.AC not in check.expected]
    passed = [check for check in right if check.verdict is Verdict.AC]
    caught = [check for check in wrong if check.verdict is not Verdict.AC]
    reason, message = _rejection(checks, right, passed, wrong)
    proven = bool(wrong) and len(caught) == len(wrong)
    return Finding(
        grade=Grade.NONE if reason else Grade.PROVEN if proven else Grade.ACCEPTED,
        reason=reason,
        message=message or _summary(right, passed, wrong, caught),
        accepted_total=len(right),
        accepted_passed=len(passed),
        wrong_total=len(wrong),
        wrong_caught=len(caught),
    )


def needs_checker(finding: Finding, why: str) -> Finding:
    """The conclusion where more than one answer seems right, for a reason as of `several_answers`."""
    message = f"{why}: if more than one answer is right, the problem needs a checker of its own"
    return _rejected(finding, RejectReason.NEEDS_CHECKER, message)


def guessable(finding: Finding, guess: Guess) -> Finding:
    """The conclusion where a program passes that does not solve the problem."""
    share = "all tests" if guess.share >= 1 else f"{guess.share:.0%} of the tests"
    return _rejected(finding, RejectReason.GUESSABLE, f"a program that prints {guess.text} passes {share}")


def not_repeatable(finding: Finding, again: ProgramCheck) -> Finding:
    """The conclusion where a right program that has passed fails the second time."""
    message = f"{_told(again)} when it is run again, though it has passed before"
    return _rejected(finding, RejectReason.NOT_REPEATABLE, message)


def _rejected(finding: Finding, reason: RejectReason, message: str) -> Finding:
    return replace(finding, grade=Grade.NONE, reason=reason, message=message)


def catches(checks: Sequence[ProgramCheck], tests: Sequence[str]) -> tuple[Catch, ...]:
    """Which of `tests` the wrong programs failed on first."""
    wrong = [c for c in checks if c.expected and Verdict.AC not in c.expected and c.verdict not in _NOT_RUN]
    counts = Counter(check.failed_test for check in wrong if check.verdict is not Verdict.AC)
    return tuple(Catch(test=test, programs=counts[test]) for test in tests if counts[test])


def _rejection(
    checks: Sequence[ProgramCheck],
    right: Sequence[ProgramCheck],
    passed: Sequence[ProgramCheck],
    wrong: Sequence[ProgramCheck],
) -> tuple[RejectReason | None, str]:
    named_right = [check for check in checks if check.expected == (Verdict.AC,)]
    if not named_right:
        return RejectReason.NO_REFERENCE, "no program that is known to be right came with it"
    if not right:
        first = named_right[0]
        return RejectReason.NO_REFERENCE, f"no right program could be run: {first.name}: {first.message[:200]}"
    failed = next((check for check in right if check.verdict is not Verdict.AC and check.verdict not in _SLOW), None)
    if failed is None and not passed:
        failed = right[0]
    if failed is not None:
        return RejectReason.REFERENCE_FAILED, f"{_told(failed)}, though it should pass"
    accepted = next((c for c in wrong if c.verdict is Verdict.AC and not _SLOW.issuperset(c.expected)), None)
    if accepted is not None:
        expected = " or ".join(accepted.expected)
        return RejectReason.WRONG_ACCEPTED, f"{accepted.name} passes all tests, though it should get {expected}"
    return None, ""


def _told(check: ProgramCheck) -> str:
    where = f" on {check.failed_test}" if check.failed_test else ""
    why = f" ({check.message[:200]})" if check.message else ""
    return f"{check.name} gets {check.verdict}{where}{why}"


def _summary(
    right: Sequence[ProgramCheck],
    passed: Sequence[ProgramCheck],
    wrong: Sequence[ProgramCheck],
    caught: Sequence[ProgramCheck],
) -> str:
    text = f"{len(passed)} of {len(right)} right programs pass"
    return f"{text}, {len(caught)} of {len(wrong)} wrong ones fail" if wrong else f"{text}; no wrong program to try"
