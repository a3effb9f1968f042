"""Two runs that talk to each other: who waits for whom, who ends first, who is charged."""

import asyncio
import signal
import time

import pytest

from microcoder.judge.app import Sandbox
from microcoder.judge.domain.engine import Ended, Engine, Interaction, Outcome, RunLimits, RunSpec

LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=128 * 2**20, output_bytes=2**20, idle_time_ms=1_000)
PATIENT = RunLimits(cpu_time_ms=20_000, memory_bytes=128 * 2**20, output_bytes=2**20, idle_time_ms=2_500)
# Asks for the double of 1 to 5.
ASK = """
import sys
for n in range(1, 6):
    print(n, flush=True)
    if input() != str(2 * n): sys.exit(43)
sys.exit(42)
"""
ANSWER = "for _ in range(5): print(2 * int(input()), flush=True)\n"


@pytest.fixture
def engine(sandbox: Sandbox) -> Engine:
    """Of the strongest tier."""
    return sandbox.engine


def spec(python: str, code: str, limits: RunLimits) -> RunSpec:
    argv = (python, "-s", "-B", "{program}/main.py")
    return RunSpec(argv=argv, files={"main.py": code.encode()}, limits=limits, result_channel=True)


async def talk(
    engine: Engine, program: str, other: str = ASK, *, limits: RunLimits = LIMITS, settled_by: int = 43
) -> Interaction:
    def settles(outcome: Outcome) -> bool:
        return outcome.exit_code == settled_by

    return await engine.interact(
        spec(engine.python, program, limits), spec(engine.python, other, PATIENT), settles=settles
    )


async def test_a_dialogue(tier_engine: Engine) -> None:
    said = await talk(tier_engine, ANSWER)
    assert (said.program.exit_code, said.other.exit_code) == (0, 42)
    assert said.program.stdout == said.other.stdout == b""
    assert 0 < said.program.cpu_time_us < 1_000_000


async def test_an_answer_that_is_not_flushed_is_idleness_of_the_program(tier_engine: Engine) -> None:
    said = await talk(tier_engine, "import sys\nfor line in sys.stdin: print(2 * int(line))")
    assert said.program.ended is Ended.IDLE
    assert said.other.exit_code == 1  # its input ended
    assert not said.other_first


async def test_the_other_side_may_think_longer_than_the_program_may_idle(engine: Engine) -> None:
    thinking = ASK.replace("import sys\n", "import sys, time\n").replace(
        "    print(n", "    begun = time.process_time()\n    while time.process_time() < begun + 0.3: pass\n    print(n"
    )
    said = await talk(engine, ANSWER, thinking)
    assert (said.program.exit_code, said.other.exit_code) == (0, 42)
    assert said.other.cpu_time_us > 1_400_000
    assert said.program.cpu_time_us < 1_000_000


async def test_what_the_other_side_says_first_ends_the_program(tier_engine: Engine) -> None:
    begun = time.monotonic()
    said = await talk(tier_engine, "print(7, flush=True)\nimport time\ntime.sleep(60)")
    assert said.other.exit_code == 43
    assert said.other_first
    assert said.program.ended is Ended.CANCEL
    assert time.monotonic() - begun < 20


async def test_a_program_that_ends_first_is_on_record_as_first(tier_engine: Engine) -> None:
    for _ in range(3):
        said = await talk(tier_engine, "import sys\nsys.exit(3)", "import sys\nsys.stdin.read()\nsys.exit(43)")
        assert (said.program.exit_code, said.other.exit_code, said.other_first) == (3, 43, False)
        said = await talk(tier_engine, "import sys\nsys.stdin.read()\nsys.exit(3)", "import sys\nsys.exit(42)")
        assert (said.program.exit_code, said.other.exit_code, said.other_first) == (3, 42, True)


async def test_the_other_side_may_say_that_there_is_no_more_input(engine: Engine) -> None:
    ending = (
        "import os, sys\nos.write(1, b'1 2 3')\nos.close(1)\nsys.exit(42 if sys.stdin.readline() == '6\\n' else 43)"
    )
    said = await talk(engine, "import sys\nprint(sum(map(int, sys.stdin.read().split())))", ending)
    assert (said.program.exit_code, said.other.exit_code) == (0, 42)


async def test_both_die(engine: Engine) -> None:
    said = await talk(engine, "import os; os.abort()", "import os; os.kill(os.getpid(), 9)")
    assert (said.program.signal, said.other.signal) == (signal.SIGABRT, signal.SIGKILL)


async def test_who_writes_to_nobody(engine: Engine) -> None:
    """The program is ended by SIGPIPE, the other side is not, but may not write without end."""
    flood = "import os\nwhile True: os.write(1, b'x' * 65536)\n"
    said = await talk(engine, "import signal; signal.signal(13, signal.SIG_DFL)\n" + flood, "raise SystemExit(42)")
    assert (said.program.signal, said.other.exit_code) == (signal.SIGPIPE, 42)
    said = await talk(engine, "pass", "import os\nfor _ in range(9): os.write(1, b'x' * 65536)\nraise SystemExit(42)")
    assert (said.program.exit_code, said.other.exit_code) == (0, 42)


async def test_two_floods_at_a_time(engine: Engine) -> None:
    flood = "import os\nwhile True: os.write(1, b'x' * 65536)\n"
    said = await talk(engine, flood, flood + "# nobody reads")
    assert said.program.ended is Ended.IDLE
    assert said.other.ended is Ended.IDLE or said.other.signal == signal.SIGPIPE or said.other.exit_code == 1


async def test_a_busy_program(engine: Engine) -> None:
    said = await talk(engine, "while True: pass")
    assert said.program.ended is Ended.CPU


async def test_more_interactions_than_slots(engine: Engine) -> None:
    several = await asyncio.gather(*(talk(engine, ANSWER) for _ in range(4)))
    assert [said.other.exit_code for said in several] == [42] * 4


async def test_a_cancelled_interaction_leaves_nothing_behind(engine: Engine) -> None:
    task = asyncio.create_task(talk(engine, "import time; time.sleep(60)", "import time; time.sleep(60)"))
    await asyncio.sleep(0.4)
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begun < 10
    assert (await talk(engine, ANSWER)).other.exit_code == 42
