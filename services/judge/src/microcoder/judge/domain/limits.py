"""From the limits that a problem or a request states to those of a run."""

from dataclasses import replace

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import Limits
from microcoder.judge.domain.engine import RunLimits

LARGEST = Limits(cpu_time_ms=120_000, memory_bytes=8 * 2**30, output_bytes=256 * 2**20)
"""What one run may have at most, whoever asks."""
_SMALLEST = Limits(cpu_time_ms=10, memory_bytes=16 * 2**20, output_bytes=1)


def requested_limits(limits: Limits) -> RunLimits:
    """The limits of a request: taken as they are.

    Raises:
        InvalidArgument: Out of the judge's range.
    """
    wrong = {
        name: f"must be from {getattr(_SMALLEST, name)} to {getattr(LARGEST, name)}"
        for name in ("cpu_time_ms", "memory_bytes", "output_bytes")
        if not getattr(_SMALLEST, name) <= getattr(limits, name) <= getattr(LARGEST, name)
    }
    if wrong:
        raise InvalidArgument(f"limits out of range: {', '.join(wrong)}", fields=wrong)
    return _run_limits(limits.cpu_time_ms, limits)


def problem_limits(
    limits: Limits, *, multiplier: float, memory_multiplier: float = 1.0, runtime_bytes: int = 0
) -> RunLimits:
    """A problem's limits for one language, all cut to the judge's range.

    Args:
        limits: The problem's.
        multiplier: Of the CPU time.
        memory_multiplier: Of the memory.
        runtime_bytes: Memory that is not the program's own, added after multiplying.
    """
    limits = replace(limits, memory_bytes=round(limits.memory_bytes * memory_multiplier) + runtime_bytes)
    return _run_limits(round(limits.cpu_time_ms * multiplier), limits)


def _run_limits(cpu_time_ms: int, limits: Limits) -> RunLimits:
    return RunLimits(
        cpu_time_ms=_clamp("cpu_time_ms", cpu_time_ms),
        memory_bytes=_clamp("memory_bytes", limits.memory_bytes),
        output_bytes=_clamp("output_bytes", limits.output_bytes),
    )


def _clamp(name: str, value: int) -> int:
    return int(min(max(value, getattr(_SMALLEST, name)), getattr(LARGEST, name)))
