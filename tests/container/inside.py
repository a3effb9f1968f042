"""Runs in the container: what the judge gets there, and whether it holds. Prints JSON.

`python -m tests.container.inside CACHE` with the repository as the working folder.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from microcoder.core.errors import FailedPrecondition
from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import RunLimits, Tier
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings
from services.judge.tests.hostile import CHANNELS, CLOSED_FROM, HOSTILE, STOPPED_FROM
from services.judge.tests.traps import TRAPS

_LIMITS = RunLimits(cpu_time_ms=1_000, memory_bytes=128 * 2**20, output_bytes=2**20)
_NEEDS_PROC = frozenset({"/dev/stdin", "in memory"})


def status() -> dict[str, str]:
    """What the kernel says of this process."""
    wanted = ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")
    lines = (line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return {name: " ".join(value.split()) for name, value in lines if name in wanted}


async def refusal(settings: JudgeSettings) -> str:
    """Why a judge that must have control groups does not start here."""
    try:
        sandbox = await open_sandbox(settings.model_copy(update={"min_tier": Tier.NAMESPACES_CGROUPS}))
    except FailedPrecondition as error:
        return error.message
    await sandbox.engine.close()
    return ""


async def wrong(sandbox: Sandbox) -> list[str]:
    """Names of traps, hostile programs and channels that were not judged right."""
    judge, tier = LocalJudge(sandbox), sandbox.engine.tier
    found: list[str] = []
    for trap in (trap for trap in TRAPS if trap.quick):
        report = await judge.report(
            trap.code, [(trap.data, trap.answer)], language=trap.language, limits=trap.limits, checker=trap.checker
        )
        found += _differs(f"trap {trap.id}", report.verdict, {trap.verdict}, report)
    for program in (each for each in HOSTILE if each.quick or each.group != "hurts"):
        if tier.at_least(STOPPED_FROM.get(program.name, Tier.RLIMITS)):
            report = await judge.report(program.code, [("1 2\n", program.answer)], limits=_LIMITS)
            found += _differs(program.id, report.verdict, program.verdicts, report)
    for channel in CHANNELS:
        if tier.at_least(CLOSED_FROM.get(channel.name, Tier.RLIMITS)):
            report = await judge.report(channel.code, [("put\n", "done"), ("look\n", "done")], limits=_LIMITS)
            found += _differs(f"channel {channel.name}", report.verdict, {Verdict.AC}, report)
    return found


def _differs(name: str, verdict: Verdict, right: "set[Verdict] | frozenset[Verdict]", report: Any) -> Iterator[str]:
    if verdict not in right:
        yield f"{name}: {verdict}: {[result.message for result in report.results]}"


async def main(cache: Path) -> dict[str, Any]:
    """All figures."""
    settings = JudgeSettings(cache_dir=cache, slots=2, min_tier=Tier.RLIMITS)
    sandbox = await open_sandbox(settings)
    try:
        return {
            "status": status(),
            "user": os.getuid(),
            "tier": sandbox.engine.tier.value,
            "mechanisms": sandbox.engine.mechanisms,
            "wrong": await wrong(sandbox),
            "refusal": await refusal(settings),
        }
    finally:
        await sandbox.engine.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
