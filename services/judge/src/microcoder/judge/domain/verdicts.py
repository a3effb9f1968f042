"""From what became of a run to a verdict."""

import signal
from collections.abc import Iterable

from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.judge.domain.engine import Ended, Outcome, RunLimits
from microcoder.judge.domain.judgement import Judgement

_MESSAGE_CHARS = 500
_ALLOCATION_FAILED = (b"MemoryError", b"std::bad_alloc", b"java.lang.OutOfMemoryError")


def readable(data: bytes, *, limit: int = _MESSAGE_CHARS) -> str:
    """Untrusted bytes as text for people: valid, without control characters, at most `limit` characters."""
    text = data[: limit * 4].decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def classify(outcome: Outcome, limits: RunLimits) -> tuple[Verdict, str] | None:
    """The verdict of a run that failed whatever it printed, with its reason; None where the output decides.

    A limit is passed or not by what was measured, whoever ended the run.
    """
    if outcome.ended in (Ended.WALL, Ended.CANCEL, Ended.SETUP):
        return Verdict.IE, f"the host was too busy to finish the run ({outcome.wall_time_us // 1000} ms)"
    return _over_limit(outcome, limits) or _crashed(outcome)


def _over_limit(outcome: Outcome, limits: RunLimits) -> tuple[Verdict, str] | None:
    if outcome.ended is Ended.OUTPUT:
        return Verdict.OLE, f"more than {limits.output_bytes} bytes of output"
    if outcome.out_of_memory or outcome.ended is Ended.MEMORY or outcome.memory_bytes > limits.memory_bytes:
        return Verdict.MLE, f"more than {limits.memory_bytes // 2**20} MiB of memory"
    if outcome.ended is Ended.CPU or outcome.cpu_time_us > limits.cpu_time_ms * 1000:
        return Verdict.TLE, f"more than {limits.cpu_time_ms} ms of CPU time"
    if outcome.ended is Ended.IDLE:
        return Verdict.ITL, f"waited for more than {limits.idle_ms} ms"
    return None


def _crashed(outcome: Outcome) -> tuple[Verdict, str] | None:
    if outcome.signal == signal.SIGSYS:
        return Verdict.SV, "a system call of a foreign architecture"
    if outcome.signal is not None:
        return Verdict.RE, f"ended by {_signal_name(outcome.signal)}{_last_line(outcome.stderr)}"
    if outcome.exit_code is None:
        return Verdict.IE, "the run ended without a status"
    if outcome.exit_code != 0:
        verdict = Verdict.MLE if any(word in outcome.stderr for word in _ALLOCATION_FAILED) else Verdict.RE
        return verdict, f"exit code {outcome.exit_code}{_last_line(outcome.stderr)}"
    return None


def measured(ordinal: int, name: str, outcome: Outcome, judgement: Judgement) -> TestResult:
    """The result of a test: what was measured, the verdict and why."""
    return TestResult(
        ordinal=ordinal,
        name=name,
        verdict=judgement.verdict,
        cpu_time_ms=outcome.cpu_time_us // 1000,
        wall_time_ms=outcome.wall_time_us // 1000,
        memory_bytes=outcome.memory_bytes,
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        message=judgement.message,
        difference=judgement.difference,
        score=judgement.score,
        score_multiplier=judgement.score_multiplier,
        team_message=judgement.team_message,
    )


def summarize(results: Iterable[TestResult], *, total: int, judge_version: str, tier: str) -> JudgeReport:
    """The report on a submission: the first verdict in test order that is not AC decides."""
    ordered = tuple(sorted(results, key=lambda result: result.ordinal))
    failed = next((r.verdict for r in ordered if r.verdict not in (Verdict.AC, Verdict.SKIPPED)), Verdict.AC)
    return JudgeReport(
        verdict=failed,
        passed=sum(r.verdict is Verdict.AC for r in ordered),
        total=total,
        results=ordered,
        cpu_time_ms=max((r.cpu_time_ms for r in ordered), default=0),
        memory_bytes=max((r.memory_bytes for r in ordered), default=0),
        judge_version=judge_version,
        tier=tier,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(stderr: bytes) -> str:
    lines = stderr.strip().splitlines()
    return f": {readable(lines[-1], limit=200)}" if lines else ""
