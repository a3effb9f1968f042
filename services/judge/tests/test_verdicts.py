import signal

import pytest

from microcoder.core.verdict import TestResult, Verdict
from microcoder.judge.domain.engine import Ended, Outcome, RunLimits, Tier
from microcoder.judge.domain.verdicts import classify, readable, summarize

LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=2**26, output_bytes=100)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(exit_code=0), None),
        (Outcome(exit_code=1), Verdict.RE),
        (Outcome(exit_code=1, stderr=b"...\nMemoryError"), Verdict.MLE),
        (Outcome(signal=signal.SIGSEGV), Verdict.RE),
        (Outcome(signal=signal.SIGKILL, out_of_memory=True), Verdict.MLE),
        (Outcome(exit_code=0, memory_bytes=2**26 + 1), Verdict.MLE),
        (Outcome(exit_code=0, cpu_time_us=1_000_000), None),
        (Outcome(exit_code=0, cpu_time_us=1_000_001), Verdict.TLE),
        (Outcome(signal=signal.SIGXCPU, cpu_time_us=1_500_000), Verdict.TLE),
        (Outcome(ended=Ended.CPU, cpu_time_us=999_999), Verdict.TLE),
        (Outcome(ended=Ended.IDLE), Verdict.ITL),
        (Outcome(ended=Ended.OUTPUT, cpu_time_us=2_000_000), Verdict.OLE),
        (Outcome(ended=Ended.MEMORY), Verdict.MLE),
        (Outcome(ended=Ended.WALL), Verdict.IE),
        (Outcome(ended=Ended.SETUP), Verdict.IE),
        (Outcome(), Verdict.IE),
        (Outcome(signal=signal.SIGSYS), Verdict.SV),
    ],
)
def test_classification(outcome: Outcome, verdict: Verdict | None) -> None:
    found = classify(outcome, LIMITS)
    assert (found[0] if found else None) == verdict


def test_the_first_failure_in_test_order_decides() -> None:
    results = [
        TestResult(ordinal=2, name="c", verdict=Verdict.WA, cpu_time_ms=5),
        TestResult(ordinal=1, name="b", verdict=Verdict.RE, cpu_time_ms=9),
        TestResult(ordinal=0, name="a", verdict=Verdict.AC),
        TestResult(ordinal=3, name="d", verdict=Verdict.SKIPPED),
    ]
    report = summarize(results, total=4, judge_version="1", tier="t")
    assert report.verdict is Verdict.RE
    assert (report.passed, report.total, report.cpu_time_ms) == (1, 4, 9)
    assert [result.name for result in report.results] == ["a", "b", "c", "d"]


def test_untrusted_text_is_made_harmless() -> None:
    assert readable(b"a\x1b[31mred\x00\xff") == "a\\x1b[31mred\\x00\\xff"
    assert len(readable("é".encode() * 10_000)) == 500


def test_tiers_are_ordered() -> None:
    assert Tier.NAMESPACES_CGROUPS.at_least(Tier.NAMESPACES)
    assert not Tier.LANDLOCK.at_least(Tier.NAMESPACES)
