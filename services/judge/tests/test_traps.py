"""Programs that judges get wrong: each must be judged as the same program run by hand would be."""

import asyncio

import pytest

from microcoder.core.verdict import StopMode, TestResult, Verdict
from microcoder.judge.domain.engine import RunLimits
from microcoder.judge.local import DEFAULT_LIMITS, LocalJudge

MIB = 2**20


async def one(
    judge: LocalJudge,
    code: str | bytes,
    data: str = "",
    answer: str = "",
    *,
    language: str = "python3",
    limits: RunLimits = DEFAULT_LIMITS,
) -> TestResult:
    """The result on a single test; a compile error is shown as one, too."""
    report = await judge.report(code, [(data, answer)], language=language, limits=limits)
    compile_error = TestResult(ordinal=0, name="", verdict=report.verdict, message=report.compile_message)
    return report.results[0] if report.results else compile_error


SUM = ("1 2\n3 4\n", "10\n")
READERS = {
    "input": "a, b = map(int, input().split()); c, d = map(int, input().split()); print(a + b + c + d)",
    "read": "import sys; print(sum(map(int, sys.stdin.read().split())))",
    "readlines": "import sys; print(sum(int(x) for line in sys.stdin.readlines() for x in line.split()))",
    "iteration": "import sys; print(sum(int(x) for line in sys.stdin for x in line.split()))",
    "buffer readline": "import sys; r = sys.stdin.buffer.readline; print(sum(map(int, r().split() + r().split())))",
    "buffer read": "import sys; print(sum(map(int, sys.stdin.buffer.read().split())))",
    "one character": "import sys; s = ''.join(iter(lambda: sys.stdin.read(1), '')); print(sum(map(int, s.split())))",
    "input then read": "import sys; x = input(); print(sum(map(int, (x + ' ' + sys.stdin.read()).split())))",
    "open(0)": "print(sum(map(int, open(0).read().split())))",
    "open(0) lines": "print(sum(int(x) for line in open(0) for x in line.split()))",
    "/dev/stdin": "print(sum(map(int, open('/dev/stdin').read().split())))",
    "fileinput": "import fileinput; print(sum(int(x) for line in fileinput.input() for x in line.split()))",
    "os.read": "import os; print(sum(map(int, os.read(0, 100).split())))",
    "fstat size": "import os; print(sum(map(int, os.read(0, os.fstat(0).st_size).split())))",
    "bytesio template": (
        "import os, io, sys\n"
        "input = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\n"
        "print(sum(map(int, input().split() + input().split())))"
    ),
    "eof loop": (
        "t = 0\nwhile True:\n    try:\n        t += sum(map(int, input().split()))\n"
        "    except EOFError:\n        break\nprint(t)"
    ),
}
WRITERS = {
    "buffer": "import sys; sys.stdout.buffer.write(b'10')",
    "os.write": "import os; os.write(1, b'10\\n')",
    "__stdout__": "import sys; print(10, file=sys.__stdout__)",
    "replaced stdout at exit": (
        "import sys, io, atexit\nsys.stdout = io.StringIO()\n"
        "atexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))\nprint(10)"
    ),
    "atexit": "import atexit; atexit.register(print, 10)",
    "exit": "print(10); exit()",
    "quit": "print(10); quit()",
    "sys.exit": "import sys; print(10); sys.exit()",
    "SystemExit": "print(10)\nraise SystemExit",
    "os._exit after flush": "import os, sys; print(10); sys.stdout.flush(); os._exit(0)",
    "thread not joined": (
        "import threading, time\ndef f():\n    time.sleep(0.05); print(10)\nthreading.Thread(target=f).start()"
    ),
    "big thread stack": (
        "import threading\nthreading.stack_size(64 << 20)\nthreading.Thread(target=lambda: print(10)).start()"
    ),
    "main guard then more": "def main():\n    print(1, end='')\nif __name__ == '__main__':\n    main()\nprint(0)",
    "reversed guard": "if '__main__' == __name__:\n    print(10)",
    "global at module level": "global x\nx = 10\ndef f():\n    global x\n    return x\nprint(f())",
    "import __main__": "import __main__\nx = 10\nprint(__main__.x)",
    "pow of three": "print(pow(2, 3, 5) + 7)",
    "future import": "from __future__ import annotations\nprint(10)",
    "coding cookie": "# -*- coding: latin-1 -*-\nx = 'é'\nprint(8 + len(x))",
    "form of windows": "x = 1\r\nif x:\r\n    print(10)\r\n",
    "long integer": "x = 10 ** 5000; print(len(str(x)) + int('9' * 5000) % 10 - 5000)",
    "own stdlib name": "import heapq\nh = [10]\nprint(heapq.heappop(h))",
    "exception in a thread": (
        "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); print(10)"
    ),
    "stderr": "import sys; print(10); print('x' * 100000, file=sys.stderr)",
    "stdin closed": "import os; os.close(0); print(10)",
    "deep cache": (
        "import sys, functools\nsys.setrecursionlimit(10**9)\n@functools.lru_cache(None)\n"
        "def f(n):\n    return 10 if n == 0 else f(n - 1)\nprint(f(50000))"
    ),
    "child process": "import subprocess; subprocess.run(['/bin/echo', '10'])",
    "stable hash": "s = {'a', 'b', 'c', 'd'}\nprint(10 if list(s) == list(s) else 0)",
}


@pytest.mark.parametrize("code", READERS.values(), ids=READERS)
async def test_every_way_to_read(judge: LocalJudge, code: str) -> None:
    result = await one(judge, code, *SUM)
    assert result.verdict is Verdict.AC, result


@pytest.mark.parametrize("code", WRITERS.values(), ids=WRITERS)
async def test_every_way_to_write_and_to_end(judge: LocalJudge, code: str) -> None:
    result = await one(judge, code, *SUM)
    assert result.verdict is Verdict.AC, result


FAILURES = {
    "exit code after right output": ("import sys; print(10); sys.exit(1)", Verdict.RE),
    "exit with text": ("import sys; print(10); sys.exit('bye')", Verdict.RE),
    "exception after right output": ("print(10)\n1 / 0", Verdict.RE),
    "lost buffer": ("import os; print(10); os._exit(0)", Verdict.WA),
    "partial output, then a crash": ("print(1, end='', flush=True)\nraise ValueError", Verdict.RE),
    "end of input": ("input(); input(); input(); print(10)", Verdict.RE),
    "prompt": ("input('n: '); print(10)", Verdict.WA),
    "star import hides pow": ("from math import *\nprint(pow(2, 3, 5) + 7)", Verdict.RE),
    "endless recursion": ("def f(): return f()\nf()", Verdict.RE),
    "endless recursion without a limit": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)",
        Verdict.MLE,
    ),
    "signal": ("import os, signal; print(10, flush=True); os.kill(os.getpid(), signal.SIGABRT)", Verdict.RE),
    "nothing": ("pass", Verdict.WA),
    "invalid utf-8": ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe10')", Verdict.WA),
    "zero bytes": ("print('10\\0')", Verdict.WA),
    "more than expected": ("print(10, 10)", Verdict.WA),
    "sleep": ("import time; time.sleep(60)", Verdict.ITL),
    "deadlock": ("import threading; l = threading.Lock(); l.acquire(); l.acquire()", Verdict.ITL),
    "busy loop": ("while True: pass", Verdict.TLE),
    "busy loop that catches all": ("while True:\n    try:\n        while True: pass\n    except: pass", Verdict.TLE),
    "ignores SIGXCPU": ("import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", Verdict.TLE),
    "busy children": (
        "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\nos.wait()",
        Verdict.TLE,
    ),
    "memory": ("x = bytearray(3 << 30)", Verdict.MLE),
    "memory in steps": ("x = []\nwhile True: x.append(bytearray(1 << 20))", Verdict.MLE),
    "endless output": ("while True: print('x' * 10000)", Verdict.OLE),
    "one endless line": ("import os\nwhile True: os.write(1, b'x' * 100000)", Verdict.OLE),
    "syntax": ("print(10", Verdict.CE),
    "not text": (b"\xff\xfe\x00", Verdict.CE),
    "zero byte": (b"print(1)\x00", Verdict.CE),
    "syntax error at run time": ("exec('(')", Verdict.RE),
}


@pytest.mark.parametrize(("code", "verdict"), FAILURES.values(), ids=FAILURES)
async def test_every_way_to_fail(judge: LocalJudge, code: str, verdict: Verdict) -> None:
    result = await one(judge, code, *SUM)
    assert result.verdict is verdict, result


async def test_a_caught_memory_error_is_the_programs_own_affair(judge: LocalJudge) -> None:
    code = "try:\n    x = bytearray(1 << 50)\nexcept MemoryError:\n    print(10)"
    assert (await one(judge, code, *SUM)).verdict is Verdict.AC


async def test_large_input_and_output_flow(judge: LocalJudge) -> None:
    numbers = "\n".join(map(str, range(500_000))) + "\n"
    limits = RunLimits(cpu_time_ms=10_000, memory_bytes=512 * MIB, output_bytes=16 * MIB)
    copy = "import sys; sys.stdout.write(sys.stdin.read())"
    assert (await one(judge, copy, numbers, numbers, limits=limits)).verdict is Verdict.AC


async def test_input_that_is_not_read_and_a_flood_of_stderr_block_nothing(judge: LocalJudge) -> None:
    code = "import sys; sys.stderr.write('e' * 5_000_000); print(10)"
    assert (await one(judge, code, "x" * 5_000_000, "10")).verdict is Verdict.AC


async def test_output_just_within_the_limit(judge: LocalJudge) -> None:
    text = "y" * (MIB - 1)
    assert (await one(judge, "print('y' * (2**20 - 1))", "", text)).verdict is Verdict.AC
    assert (await one(judge, "print('y' * 2**20)", "", text + "y")).verdict is Verdict.OLE


async def test_threads_count_together(judge: LocalJudge) -> None:
    code = (
        "#include <thread>\n#include <vector>\nint main(){std::vector<std::thread> v;"
        "for(int i=0;i<4;i++)v.emplace_back([]{for(volatile long k=0;;k++);});for(auto&t:v)t.join();}"
    )
    result = await one(judge, code, language="cpp")
    assert result.verdict is Verdict.TLE
    assert result.cpu_time_ms >= DEFAULT_LIMITS.cpu_time_ms


async def test_cpp(judge: LocalJudge) -> None:
    good = "#include <bits/stdc++.h>\nint main(){long long a,s=0;while(std::cin>>a)s+=a;std::cout<<s<<std::endl;}"
    crash = "int main(){volatile int*p=0;return *p;}"
    overflow = "int f(int n){volatile char b[4096];b[0]=n;return f(n+1)+b[0];}int main(){return f(0);}"
    allocation = "#include <vector>\nint main(){std::vector<char>v;for(;;)v.resize(v.size()+(1<<20),1);}"
    assert (await one(judge, good, *SUM, language="cpp")).verdict is Verdict.AC
    assert (await one(judge, crash, language="cpp")).verdict is Verdict.RE
    assert (await one(judge, overflow, language="cpp")).verdict in (Verdict.RE, Verdict.MLE)
    assert (await one(judge, allocation, language="cpp")).verdict is Verdict.MLE


async def test_c(judge: LocalJudge) -> None:
    code = '#include <stdio.h>\n#include <math.h>\nint main(){double a;scanf("%lf",&a);printf("%.0f",sqrt(a));}'
    assert (await one(judge, code, "144", "12", language="c")).verdict is Verdict.AC


@pytest.mark.parametrize(
    "code",
    [
        "int main( { return 0; }",
        '#include "/etc/shadow"\nint main(){}',
        '#include "/dev/random"\nint main(){}',
        "template<int n> struct A { static const int v = A<n+1>::v; }; int main(){return A<0>::v;}",
        "int a[1 << 30] = {1}; int main(){return a[0];}",
    ],
    ids=["syntax", "host file", "endless file", "endless template", "huge artefact"],
)
async def test_compile_errors(judge: LocalJudge, code: str) -> None:
    report = await judge.report(code, [("", "")], language="cpp")
    assert report.verdict is Verdict.CE
    assert 0 < len(report.compile_message) <= 4_000
    assert "root:" not in report.compile_message


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
    alone = [(await one(judge, code, *SUM)).verdict for code in programs]
    together = await asyncio.gather(*(one(judge, code, *SUM) for code in programs * 3))
    assert [result.verdict for result in together] == alone * 3
