"""Every trap on every engine, in the strongest tier; a few in each tier, with MICROCODER_TEST_FULL all in each."""

import asyncio
import os

import pytest

from microcoder.core.verdict import JudgeReport, StopMode, Verdict
from microcoder.judge.domain.engine import Tier
from microcoder.judge.local import LocalJudge

from .traps import TRAPS, Trap

FULL = bool(os.environ.get("MICROCODER_TEST_FULL"))


async def report_on(judge: LocalJudge, trap: Trap) -> JudgeReport:
    return await judge.report(
        trap.code, [(trap.data, trap.answer)], language=trap.language, limits=trap.limits, checker=trap.checker
    )


def told(report: JudgeReport) -> str:
    return f"{report.compile_message}{report.results[0] if report.results else ''}"


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.id)
async def test_trap(judge: LocalJudge, trap: Trap) -> None:
    report = await report_on(judge, trap)
    assert report.verdict is trap.verdict, told(report)


@pytest.mark.parametrize("trap", [trap for trap in TRAPS if FULL or trap.quick], ids=lambda trap: trap.id)
async def test_trap_in_each_tier(tier_judge: LocalJudge, trap: Trap) -> None:
    if trap.name == "a pool of processes" and tier_judge.sandbox.engine.tier is Tier.LANDLOCK:
        pytest.skip("docs/judge.md: landlock gives no shared memory, which pools of processes need")
    report = await report_on(tier_judge, trap)
    assert report.verdict is trap.verdict, told(report)


def test_ids_tell_traps_apart() -> None:
    ids = [trap.id for trap in TRAPS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "code",
    [
        "int main( { return 0; }",
        '#include "/etc/shadow"\nint main(){}',
        '#include "/dev/random"\nint main(){}',
        "template<int n> struct A { static const int v = A<n+1>::v; }; int main(){return A<0>::v;}",
        "int a[1 << 30] = {1}; int main(){return a[0];}",
        "#include __FILE__\nint main(){}",
        "constexpr int f(){int i=0;while(true)i^=1;return i;} static_assert(f());int main(){}",
        '__asm__(".incbin \\"/etc/shadow\\"");int main(){}',
        "int main(){" + "{" * 5000,
        "#error " + "x" * 100_000,
    ],
    ids=[
        *(
            "syntax",
            "host file",
            "endless file",
            "endless template",
            "huge artefact",
            "itself",
            "endless constant",
        ),
        *("host file by the assembler", "open braces", "long message"),
    ],
)
async def test_compile_errors(judge: LocalJudge, code: str) -> None:
    report = await judge.report(code, [("", "")], language="cpp")
    assert report.verdict is Verdict.CE
    assert 0 < len(report.compile_message) <= 4_000
    assert "root:" not in report.compile_message


async def test_c(judge: LocalJudge) -> None:
    code = '#include <stdio.h>\n#include <math.h>\nint main(){double a;scanf("%lf",&a);printf("%.0f",sqrt(a));}'
    report = await judge.report(code, [("144", "12")], language="c")
    assert report.verdict is Verdict.AC, told(report)


async def test_measured_memory_is_the_programs_own(judge: LocalJudge) -> None:
    """30: the peak that `wait4` reports for a child is that of whoever forked it, where that was larger."""
    ballast = bytearray(300 << 20)
    report = await judge.report('int puts(const char*);int main(){puts("10");}', [("", "10")], language="c")
    assert ballast
    assert report.verdict is Verdict.AC, told(report)
    assert 0 < report.memory_bytes < 64 * 2**20


async def test_a_limit_is_passed_or_not_by_what_was_measured(judge: LocalJudge) -> None:
    """34: no hidden grace; what is reported is what is compared."""
    code = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\nprint(10)"
    for result in (await judge.report(code, [("", "10")] * 3)).results:
        assert 190 <= result.cpu_time_ms < 1_000, result
        assert result.wall_time_ms >= result.cpu_time_ms - 10, result


async def test_stop_modes(judge: LocalJudge) -> None:
    tests = [("1", "1"), ("2", "0"), ("3", "3"), ("4", "0")]
    every = await judge.report("print(input())", tests)
    assert [r.verdict for r in every.results] == [Verdict.AC, Verdict.WA, Verdict.AC, Verdict.WA]
    first = await judge.report("print(input())", tests, stop=StopMode.FIRST_FAIL)
    assert [r.verdict for r in first.results] == [Verdict.AC, Verdict.WA, Verdict.SKIPPED, Verdict.SKIPPED]
    assert (every.passed, first.passed, first.total) == (2, 1, 4)
    assert every.verdict is first.verdict is Verdict.WA


async def test_verdicts_do_not_depend_on_what_else_runs(judge: LocalJudge) -> None:
    programs = ["print(10)", "print(11)", "1/0", "while True: pass", "x = bytearray(1 << 30)"]
    alone = [(await judge.report(code, [("", "10")])).verdict for code in programs]
    together = await asyncio.gather(*(judge.report(code, [("", "10")]) for code in programs * 3))
    assert [report.verdict for report in together] == alone * 3
