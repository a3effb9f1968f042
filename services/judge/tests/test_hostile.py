"""Hostile programs in the strongest tier; a few in each tier, with MICROCODER_TEST_FULL all in each."""

import os
import platform
from dataclasses import replace

import pytest

from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.judge.domain.engine import RunLimits, Tier
from microcoder.judge.local import LocalJudge

from .hostile import CHANNELS, CLOSED_FROM, HOSTILE, IN_REACH, IN_THE_PROCESS, STOPPED_FROM, Channel, Hostile

FULL = bool(os.environ.get("MICROCODER_TEST_FULL"))
LIMITS = RunLimits(cpu_time_ms=700, memory_bytes=128 * 2**20, output_bytes=2**20)


async def report_on(judge: LocalJudge, program: Hostile) -> JudgeReport:
    return await judge.report(program.code, [("1 2\n", program.answer)], limits=LIMITS)


@pytest.mark.parametrize("program", HOSTILE, ids=lambda program: program.id)
async def test_hostile(judge: LocalJudge, program: Hostile) -> None:
    report = await report_on(judge, program)
    assert report.verdict in program.verdicts, report
    assert (await judge.report("print(10)", [("", "10")])).verdict is Verdict.AC


@pytest.mark.parametrize("program", [each for each in HOSTILE if FULL or each.quick], ids=lambda program: program.id)
async def test_hostile_in_each_tier(tier_judge: LocalJudge, program: Hostile) -> None:
    tier = tier_judge.sandbox.engine.tier
    if not tier.at_least(STOPPED_FROM.get(program.name, Tier.RLIMITS)):
        pytest.skip(f"docs/judge.md: not stopped in {tier}")
    report = await report_on(tier_judge, program)
    assert report.verdict in program.verdicts, report
    assert (await tier_judge.report("print(10)", [("", "10")])).verdict is Verdict.AC


@pytest.mark.parametrize("program", IN_THE_PROCESS, ids=lambda program: program.id)
async def test_the_searches_find_what_is_there(judge: LocalJudge, program: Hostile) -> None:
    report = await report_on(judge, replace(program, code=IN_REACH + program.code))
    assert report.verdict is Verdict.AC, report


async def nothing_passes(judge: LocalJudge, channel: Channel) -> None:
    report = await judge.report(channel.code, [("put\n", "done"), ("look\n", "done")], limits=LIMITS)
    assert report.verdict is Verdict.AC, report


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.id)
async def test_nothing_passes_from_run_to_run(judge: LocalJudge, channel: Channel) -> None:
    await nothing_passes(judge, channel)


@pytest.mark.parametrize("channel", [each for each in CHANNELS if FULL or each.quick], ids=lambda channel: channel.id)
async def test_what_passes_from_run_to_run_in_each_tier(tier_judge: LocalJudge, channel: Channel) -> None:
    tier = tier_judge.sandbox.engine.tier
    if not tier.at_least(CLOSED_FROM.get(channel.name, Tier.RLIMITS)):
        pytest.skip(f"docs/judge.md: not closed in {tier}")
    await nothing_passes(tier_judge, channel)


async def test_the_input_of_a_test_is_its_own(judge: LocalJudge) -> None:
    """Runs on the same input at a time: one that writes into its standard input changes nobody else's."""
    code = """
import os, mmap, sys
def attempt(f, *a):
    try: f(*a)
    except (OSError, ValueError, PermissionError): pass
data = os.pread(0, 100, 0)
attempt(os.pwrite, 0, b"9" * len(data), 0)
attempt(os.ftruncate, 0, 0)
attempt(lambda: mmap.mmap(0, 0).write(b"8"))
attempt(lambda: open("/proc/self/fd/0", "r+b").write(b"7777"))
attempt(os.fchmod, 0, 0)
print(data.decode())
"""
    report = await judge.report(code, [("1 2 3 4\n", "1 2 3 4")] * 6, limits=LIMITS)
    assert report.verdict is Verdict.AC, report


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls are of x86-64")
@pytest.mark.parametrize(
    "call",
    [
        'long r;__asm__ volatile("int $0x80":"=a"(r):"a"(20):"memory");return r>0;',
        "return syscall(0x40000000+39)>0;",
    ],
    ids=["32 bits", "x32"],
)
async def test_system_calls_of_a_foreign_architecture(judge: LocalJudge, call: str) -> None:
    code = f'#include <stdio.h>\n#include <unistd.h>\nint f(void){{{call}}}int main(){{if(f())puts("reached");}}'
    report = await judge.report(code, [("", "reached")], language="c", limits=LIMITS)
    assert report.verdict in (Verdict.SV, Verdict.RE), report
