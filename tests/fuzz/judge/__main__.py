"""Fuzzes a real judge in a process of its own: `python -m tests.fuzz.judge [options]`.

Random requests, some left in flight, with programs of known verdicts between them. At the end the judge must hold no
more than after a warm-up: files, processes, mounts, control groups, memory. Exits with 1 where something is wrong.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.judge.driving import Driver
from tests.fuzz.judge.leaks import Holdings, holdings
from tests.fuzz.judge.mutations import Maker
from tests.fuzz.judge.service import RunningJudge, running_judge

_WARM_UP = 300
_ROUNDS = 10
_SETTLE_S = 3.0
_MEMORY_KIB = 64 * 1024


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.judge", description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000, help="how many after the warm-up")
    parser.add_argument("--minutes", type=float, default=0.0, help="how long instead")
    parser.add_argument("--parallel", type=int, default=4, help="requests at a time")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same requests again")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--setting", action="append", default=[], help="NAME=VALUE for the judge's environment")
    return parser.parse_args(argv)


async def _fuzz(judge: RunningJudge, options: argparse.Namespace) -> dict[str, Any]:
    async with Driver(judge.address, Maker(options.seed), parallel=options.parallel) as driver:
        await driver.run(requests=_WARM_UP)
        samples = [await _settled(judge.pid)]
        begun = time.monotonic()
        for done in range(_ROUNDS):
            if options.minutes:
                await driver.run(seconds=options.minutes * 60 / _ROUNDS)
            else:
                await driver.run(requests=max(1, options.requests // _ROUNDS))
            samples.append(await _settled(judge.pid))
            _progress(done, driver, samples[-1], begun)
        seconds = time.monotonic() - begun - _ROUNDS * _SETTLE_S
    tally = driver.tally
    return {
        "seed": options.seed,
        "requests": tally.requests - _WARM_UP,
        "requests_a_second": round((tally.requests - _WARM_UP) / seconds, 1),
        "seconds": round(seconds),
        "controls": tally.controls,
        "answers": dict(tally.answers.most_common()),
        "load": os.getloadavg(),
        "before": asdict(samples[0]),
        "after": asdict(samples[-1]),
        "memory_kib": [sample.memory_kib for sample in samples],
        "memory_below_kib": [sample.memory_below_kib for sample in samples],
        "leaks": _leaks(samples),
        "failures": tally.failures,
    }


def _leaks(samples: list[Holdings]) -> list[str]:
    """What grew from the warm-up to the end; memory from the end of the first round, when all pools are full."""
    return samples[-1].more_than(samples[0], memory_kib=2 * _MEMORY_KIB) or samples[-1].more_than(
        samples[1], memory_kib=_MEMORY_KIB
    )


async def _settled(pid: int) -> Holdings:
    await asyncio.sleep(_SETTLE_S)
    return holdings(pid)


def _progress(done: int, driver: Driver, sample: Holdings, begun: float) -> None:
    tally = driver.tally
    rate = (tally.requests - _WARM_UP) / (time.monotonic() - begun)
    print(
        f"{done + 1}/{_ROUNDS}: {tally.requests} requests, {rate:.1f} a second, {len(tally.failures)} failures, "
        f"{sample.descriptors} files, {sample.processes} processes, {sample.memory_kib // 1024} MiB",
        file=sys.stderr,
        flush=True,
    )


def main(argv: list[str]) -> int:
    options = _arguments(argv)
    environ = dict(setting.split("=", 1) for setting in options.setting)
    with TemporaryDirectory() as folder, running_judge(Path(folder), environ=environ) as judge:
        found = asyncio.run(_fuzz(judge, options))
        if found["failures"]:
            print(judge.log.read_text(errors="replace")[-3000:], file=sys.stderr)
    print(json.dumps(found, indent=None if options.json else 2, ensure_ascii=False))
    return 1 if found["failures"] or found["leaks"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
