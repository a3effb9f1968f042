"""Whether verdicts depend on what else the machine does: the same submissions one at a time on their own, and many at a
time beside processes that use all processors, must get the same verdicts, byte for byte.

python -m tests.bench.judge_determinism [--submissions 500] [--at-once 16] [--engine warm]

Ends with status 1 where they differ.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from microcoder.judge.app import open_sandbox
from microcoder.judge.domain.engine import EngineKind, RunLimits
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings

TESTS = [("1 2\n", "3\n"), ("20 22\n", "42\n"), ("5 5\n", "10\n")]
LIMITS = RunLimits(cpu_time_ms=400, memory_bytes=64 * 2**20, output_bytes=2**16, idle_time_ms=500)
PROGRAMS = (
    "print(sum(map(int, input().split())))",
    "a, b = map(int, input().split()); print(a + b + (a > 9))",
    "a, b = map(int, input().split()); print(a + b // (5 - b))",
    "import time\nwhile time.process_time() < 0.2: pass\nprint(sum(map(int, input().split())))",
    "import time; time.sleep(0.1); print(sum(map(int, input().split())))",
    "while True: pass",
    "import time; time.sleep(60)",
    "x = bytearray(1 << 30)",
    "while True: print('x' * 1000)",
    "print(1",
)


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Processes that use all the time that they get."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


async def verdicts(judge: LocalJudge, submissions: int, at_once: int) -> bytes:
    """The verdict on each test of each submission."""
    turn = asyncio.Semaphore(at_once)

    async def one(number: int) -> list[str]:
        async with turn:
            report = await judge.report(PROGRAMS[number % len(PROGRAMS)], TESTS, limits=LIMITS)
        return [report.verdict.value, *(r.verdict.value for r in sorted(report.results, key=lambda r: r.ordinal))]

    return json.dumps(await asyncio.gather(*map(one, range(submissions)))).encode()


async def measure(*, submissions: int, at_once: int, engine: EngineKind) -> bool:
    """Whether the verdicts are the same."""
    sandbox = await open_sandbox(JudgeSettings(engine=engine))
    judge, processors = LocalJudge(sandbox), len(os.sched_getaffinity(0))
    try:
        alone = await verdicts(judge, submissions, 1)
        with hogs(2 * processors):
            together = await verdicts(judge, submissions, at_once)
    finally:
        await sandbox.engine.close()
    if alone != together:
        pairs = zip(json.loads(alone), json.loads(together), strict=True)
        print(*(f"{n}: {a} alone, {b} beside others" for n, (a, b) in enumerate(pairs) if a != b), sep="\n")
    return alone == together


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--engine", type=EngineKind, default=EngineKind.AUTO)
    options = parser.parse_args()
    same = asyncio.run(measure(submissions=options.submissions, at_once=options.at_once, engine=options.engine))
    print(f"{options.submissions} submissions: verdicts are {'the same' if same else 'different'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
