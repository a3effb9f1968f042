"""Programs that write faster than anybody reads."""

from microcoder.judge.domain.engine import Ended, Engine, RunLimits
from microcoder.judge.local import run_python

FLOOD = "import os\nwhile True: os.write(2, b'x' * 65536)"


async def test_waiting_for_the_supervisor_to_read_is_not_idleness(tier_engine: Engine) -> None:
    limits = RunLimits(cpu_time_ms=400, memory_bytes=2**27, output_bytes=2**16, idle_time_ms=100)
    outcome = await run_python(tier_engine, tier_engine.python, FLOOD, limits=limits)
    # A host that is busy enough ends it by the wall limit, which is no verdict.
    assert outcome.ended in (Ended.CPU, Ended.WALL), outcome
