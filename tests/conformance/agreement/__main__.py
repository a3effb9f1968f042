"""Compares the judge's verdicts with other people's grades: `python -m tests.conformance.agreement [options]`.

The data is in `--data` (or `$MICROCODER_SHARED/data`, or `../shared/data` beside the repository).
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from microcoder.core.verdict import StopMode, Verdict
from microcoder.evaluator.domain.comparison import checker_of
from microcoder.evaluator.settings import EvaluatorSettings
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import RunLimits, Tier
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings
from tests.conformance.agreement.matrix import Row, Standing, standing, table
from tests.conformance.agreement.trials import GROUPS, Trial, trials

_ROOT = Path(__file__).parents[3]
_AT_A_TIME = 4


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.agreement", description=__doc__)
    shared = Path(os.environ.get("MICROCODER_SHARED") or _ROOT.parent / "shared")
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of lcb/ and leetcode/")
    parser.add_argument("--group", action="append", choices=GROUPS, help="only this group; may be repeated")
    parser.add_argument("--sample", type=int, default=0, help="programs of each group, at random; 0 for all")
    parser.add_argument("--tests", type=int, default=0, help="tests of each program; 0 for all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--slots", type=int, default=0, help="runs at a time; 0 for one per processor")
    parser.add_argument("--json", action="store_true", help="one row a line")
    return parser.parse_args(argv)


def _sampled(found: Iterable[Trial], options: argparse.Namespace) -> list[Trial]:
    chosen = [trial for trial in found if trial.tests]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    return chosen


async def _row(judge: LocalJudge, trial: Trial, limits: RunLimits, most_tests: int) -> Row:
    tests = trial.tests[: most_tests or None]
    report = await judge.report(
        trial.code,
        [(test.input, test.output) for test in tests],
        limits=limits,
        checker=checker_of(trial.item, tests),
        function=trial.item.function,
        stop=StopMode.FIRST_FAIL,
    )
    failed = next((r for r in report.results if r.verdict not in (Verdict.AC, Verdict.SKIPPED)), None)
    return Row(
        group=trial.group,
        item=trial.item.id,
        platform=trial.item.platform,
        theirs=trial.theirs,
        error=trial.error,
        ours=report.verdict.value,
        tests=len(tests),
        failed_test=failed.name if failed else "",
        message=failed.message if failed else report.compile_message[:300],
        cpu_time_ms=report.cpu_time_ms,
        standing=standing(theirs=trial.theirs, decisive=trial.decisive, verdict=report.verdict.value),
    )


async def _judge(sandbox: Sandbox, chosen: list[Trial], most_tests: int) -> list[Row]:
    settings = EvaluatorSettings()
    limits = RunLimits(
        cpu_time_ms=settings.test_cpu_time_ms, memory_bytes=settings.test_memory_bytes, output_bytes=16 * 2**20
    )
    judge, turns = LocalJudge(sandbox), asyncio.Semaphore(_AT_A_TIME)

    async def one(trial: Trial) -> Row:
        async with turns:
            return await _row(judge, trial, limits, most_tests)

    return await asyncio.gather(*map(one, chosen))


async def _run(options: argparse.Namespace) -> None:
    sandbox = await open_sandbox(JudgeSettings(slots=options.slots, min_tier=Tier.RLIMITS))
    try:
        for group in options.group or GROUPS:
            begun = time.monotonic()
            rows = await _judge(sandbox, _sampled(trials(options.data, [group]), options), options.tests)
            if options.json:
                print(*(json.dumps(asdict(row), ensure_ascii=False) for row in rows), sep="\n", flush=True)
            else:
                _print(group, rows, time.monotonic() - begun)
    finally:
        await sandbox.engine.close()


def _print(group: str, rows: list[Row], seconds: float) -> None:
    print(f"\n## {GROUPS[group]}", "", *table(rows), "", f"{len(rows)} programs, {seconds:.0f} s", "", sep="\n")
    for row in sorted(rows, key=lambda row: (list(Standing).index(row.standing), row.item)):
        if row.standing is not Standing.AGREES:
            theirs = "accepted" if row.theirs else f"rejected ({row.error[:80]})"
            print(
                f"- {row.standing}: {row.item}: {theirs}; here {row.ours} on test {row.failed_test} {row.message[:120]}"
            )
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    options = _arguments(argv)
    if not (options.data / "lcb").is_dir():
        print(f"skipped: {options.data} has no lcb/ (--data or MICROCODER_SHARED)", file=sys.stderr)
        return 0
    asyncio.run(_run(options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
