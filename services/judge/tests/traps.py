# ruff: noqa: E501 - one program a line
"""Programs that judges get wrong, as data. Each must be judged as the same program run by hand would be.

The numbers group them by what goes wrong elsewhere: 1 to 11 comparison, 12 to 20 how a process runs and ends, 21 to 26
input, 27 to 37 limits. Function calls (38 to 43) and interaction (44) are in tests of their own.
"""

from dataclasses import dataclass

from microcoder.core.problem import Checker, CheckerKind
from microcoder.core.verdict import Verdict
from microcoder.judge.domain.engine import RunLimits
from microcoder.judge.local import DEFAULT_LIMITS

MIB = 2**20
AC, WA, RE, CE, TLE, ITL, MLE, OLE = (
    Verdict.AC, Verdict.WA, Verdict.RE, Verdict.CE, Verdict.TLE, Verdict.ITL, Verdict.MLE, Verdict.OLE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A program, one test and the right verdict."""

    number: int
    name: str
    code: str | bytes
    verdict: Verdict
    data: str | bytes = "1 2\n3 4\n"
    answer: str | bytes = "10\n"
    checker: Checker = Checker()
    language: str = "python3"
    limits: RunLimits = DEFAULT_LIMITS
    quick: bool = False
    """Also run in the weaker tiers of every test run."""

    @property
    def id(self) -> str:
        return f"{self.number:02} {self.name}"


FLOATS = Checker(float_absolute=1e-6, float_relative=1e-6)
SENSITIVE = Checker(case_sensitive=True)
SPACES = Checker(space_sensitive=True)
EXACT = Checker(kind=CheckerKind.EXACT)
NO_TOLERANCE = Checker()
SHORT = RunLimits(cpu_time_ms=300, memory_bytes=128 * MIB, output_bytes=MIB)
ROOMY = RunLimits(cpu_time_ms=10_000, memory_bytes=512 * MIB, output_bytes=32 * MIB)


def _printed(  # noqa: PLR0917 - a row of a table
    number: int, name: str, output: str, answer: str, verdict: Verdict, checker: Checker = NO_TOLERANCE
) -> Trap:
    code = f"import sys; sys.stdout.buffer.write({output.encode()!r})"
    return Trap(number=number, name=name, code=code, verdict=verdict, answer=answer, checker=checker)


COMPARISON = (
    _printed(1, "trailing blank", "1 2 \n", "1 2\n", AC),
    _printed(1, "no final newline", "3", "3\n", AC),
    _printed(1, "final blank lines", "3\n\n\n", "3\n", AC),
    _printed(1, "leading blank", " 3\n", "3\n", AC),
    _printed(1, "exact forgives the last newline", "1 2", "1 2\n", AC, EXACT),
    _printed(1, "exact forgives no blank", "1 2 ", "1 2\n", WA, EXACT),
    _printed(2, "windows lines in the answer", "1\n2\n", "1\r\n2\r\n", AC),
    _printed(2, "windows lines in the output", "1\r\n2\r\n", "1\n2\n", AC),
    _printed(2, "exact and windows lines", "1\n2\n", "1\r\n2\r\n", AC, EXACT),
    _printed(2, "byte order mark in the answer", "1 2\n", "\ufeff1 2\n", AC),
    _printed(3, "tokens on one line", "a b\n", "a\nb\n", AC),
    _printed(3, "inner blank line", "a\n\nb\n", "a\nb\n", AC),
    _printed(3, "one line, where white space counts", "a b\n", "a\nb\n", WA, SPACES),
    _printed(3, "inner blank line, where white space counts", "a\n\nb\n", "a\nb\n", WA, SPACES),
    _printed(4, "1.0 for 1", "1.0\n", "1\n", WA),
    _printed(4, "1.0 for 1 as numbers", "1.0\n", "1\n", AC, FLOATS),
    _printed(4, "leading zeros", "007\n", "7\n", WA),
    _printed(4, "underscores", "1_000\n", "1000\n", WA),
    _printed(4, "underscores as numbers", "1_000\n", "1000\n", WA, FLOATS),
    _printed(4, "plus sign", "+7\n", "7\n", WA),
    _printed(5, "off by 7e-11", "0.3333333334\n", "0.333333333333\n", AC, FLOATS),
    _printed(5, "off by 1e-3", "0.334\n", "0.333333333333\n", WA, FLOATS),
    _printed(5, "large and relatively near", "1000000.5\n", "1000000\n", AC, FLOATS),
    _printed(5, "zero expected", "1e-9\n", "0\n", AC, FLOATS),
    _printed(5, "negative zero", "-0.0\n", "0\n", AC, FLOATS),
    _printed(5, "nan for a number", "nan\n", "1.5\n", WA, FLOATS),
    _printed(5, "infinity of the other sign", "inf\n", "-inf\n", WA, FLOATS),
    _printed(5, "zero for infinity", "0\n", "inf\n", WA, FLOATS),
    _printed(5, "infinity for a number", "inf\n", "5\n", WA, FLOATS),
    _printed(5, "integers that a double cannot tell apart", "50000000000000001\n", "50000000000000000\n", WA),
    _printed(5, "the same in another notation", "5e1\n", "50\n", AC, FLOATS),
    _printed(6, "number and picture", "1.4\U0001f680\n", "1.4\n", WA, FLOATS),
    _printed(6, "hexadecimal", "0x1p3\n", "8\n", WA, FLOATS),
    _printed(6, "out of range", "1e400\n", "1\n", WA, FLOATS),
    _printed(6, "out of range for infinity", "1e400\n", "inf\n", WA, FLOATS),
    _printed(6, "digits of another script", "\u0663\n", "3\n", WA, FLOATS),
    _printed(7, "case", "YES\n", "yes\n", AC),
    _printed(7, "case, where it counts", "YES\n", "yes\n", WA, SENSITIVE),
    _printed(8, "another right order without a checker", "2 1\n", "1 2\n", WA),
    _printed(9, "first line only", "1\n", "1\n2\n", WA),
    _printed(9, "more than asked for", "1\n2\n3\n", "1\n2\n", WA),
    _printed(9, "nothing for nothing", "", "", AC),
    _printed(9, "blanks for nothing", " \n", "", AC),
    _printed(9, "something for nothing", "0\n", "", WA),
    _printed(9, "nothing for something", "", "0\n", WA),
    _printed(9, "blanks for something", " \n \n", "0\n", WA),
    Trap(
        number=10, name="a million numbers on one line", code="print(*range(10**6))", verdict=AC,
        answer=" ".join(map(str, range(10**6))), limits=ROOMY,
    ),
    Trap(
        number=10, name="a million numbers, the last one wrong", code="print(*range(10**6 - 1), 7)", verdict=WA,
        answer=" ".join(map(str, range(10**6))), limits=ROOMY,
    ),
    Trap(
        number=10, name="one long number", code="print('1' * 5_000_000 + '2')", verdict=WA,
        answer="1" * 5_000_001, checker=FLOATS, limits=ROOMY,
    ),
    Trap(number=11, name="no text", code="import sys; sys.stdout.buffer.write(b'\\xff\\xfe10')", verdict=WA),
    Trap(
        number=11, name="no text expected", code="import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", verdict=AC,
        answer=b"\xff\xfe",
    ),
    Trap(number=11, name="zero byte", code="print('10\\0')", verdict=WA),
)  # fmt: skip


def _process(number: int, name: str, code: str, verdict: Verdict = AC, *, quick: bool = False) -> Trap:
    limits = SHORT if verdict is TLE else DEFAULT_LIMITS
    return Trap(number=number, name=name, code=code, verdict=verdict, limits=limits, quick=quick)


PROCESS = (
    _process(12, "exit", "print(10); exit()"),
    _process(12, "quit", "print(10); quit()"),
    _process(12, "sys.exit", "import sys; print(10); sys.exit()", quick=True),
    _process(12, "sys.exit(0)", "import sys; print(10); sys.exit(0)"),
    _process(12, "SystemExit", "print(10)\nraise SystemExit"),
    _process(12, "exit code after right output", "import sys; print(10); sys.exit(1)", RE, quick=True),
    _process(12, "exit code 256", "import sys; print(10); sys.exit(256)"),
    _process(12, "exit with text", "import sys; print(10); sys.exit('bye')", RE),
    _process(12, "exit with a boolean", "import sys; print(10); sys.exit(False)"),
    _process(13, "os._exit after flush", "import os, sys; print(10); sys.stdout.flush(); os._exit(0)"),
    _process(13, "os._exit loses the buffer", "import os; print(10); os._exit(0)", WA, quick=True),
    _process(13, "partial output, then a crash", "print(1, end='', flush=True)\nraise ValueError", RE),
    _process(14, "exception after right output", "print(10)\n1 / 0", RE, quick=True),
    _process(
        14, "exception in a thread",
        "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); print(10)",
    ),
    _process(14, "exception at exit", "import atexit\natexit.register(lambda: 1 / 0)\nprint(10)"),
    _process(
        14, "KeyboardInterrupt", "import signal, os\nprint(10, flush=True)\nos.kill(os.getpid(), signal.SIGINT)\nwhile 1: pass", RE,
    ),
    _process(14, "a signal", "import os, signal; print(10, flush=True); os.kill(os.getpid(), signal.SIGABRT)", RE),
    _process(
        15, "thread not joined",
        "import threading, time\ndef f():\n    time.sleep(0.05); print(10)\nthreading.Thread(target=f).start()", quick=True,
    ),
    _process(
        15, "daemon thread is not waited for",
        "import threading, time\ndef f():\n    time.sleep(0.5); print(11)\n"
        "threading.Thread(target=f, daemon=True).start()\nprint(10)",
    ),
    _process(15, "exit in a thread", "import threading, sys\nt = threading.Thread(target=sys.exit, args=(3,)); t.start(); t.join(); print(10)"),
    _process(
        15, "big stack in a thread",
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(64 << 20)\n"
        "def f(n): return n and f(n - 1)\n"
        "t = threading.Thread(target=lambda: print(10 + f(20000))); t.start(); t.join()",
    ),
    _process(16, "atexit", "import atexit; atexit.register(print, 10)", quick=True),
    _process(
        16, "replaced standard output, written at exit",
        "import sys, io, atexit\nsys.stdout = io.StringIO()\n"
        "atexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))\nprint(10)",
    ),
    _process(
        16, "fast output of bytes",
        "import os, sys, io\nout = io.BytesIO()\nsys.stdout = io.TextIOWrapper(out, write_through=True)\nprint(10)\n"
        "os.write(1, out.getvalue())",
    ),
    _process(
        16, "an object's end prints", "class A:\n    def __del__(self): print(10)\na = A()",
    ),
    _process(17, "main guard, then more", "def main():\n    print(1, end='')\nif __name__ == '__main__':\n    main()\nprint(0)"),
    _process(17, "reversed guard", "if '__main__' == __name__:\n    print(10)"),
    _process(17, "import __main__", "import __main__\nx = 10\nprint(__main__.x)"),
    _process(
        17, "pickle of an own class",
        "import pickle, dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int\nprint(pickle.loads(pickle.dumps(A(10))).x)",
    ),
    _process(17, "own source", "import inspect\ndef f(): return 1\nprint(inspect.getsource(f).count('return') + 9)"),
    _process(17, "name of the file", "import os, sys\nprint(10 if os.path.basename(sys.argv[0]) == os.path.basename(__file__) else 0)"),
    _process(17, "no arguments", "import sys; print(9 + len(sys.argv))"),
    _process(18, "global at module level", "global x\nx = 10\ndef f():\n    global x\n    return x\nprint(f())"),
    _process(18, "exec and locals", "exec('y = 10')\nprint(y if locals() is globals() else 0)"),
    _process(18, "class body sees the module", "x = 10\nclass A:\n    y = x\n    def f(self): return x\nprint(A.y)"),
    _process(19, "power of three", "print(pow(2, 3, 5) + 7)"),
    _process(19, "star import hides pow", "from math import *\nprint(pow(2, 3, 5) + 7)", RE),
    _process(19, "nothing is imported", "try:\n    math\nexcept NameError:\n    print(10)"),
    _process(20, "import from the future", "from __future__ import annotations\nprint(10)"),
    Trap(number=20, name="encoding", code="# -*- coding: latin-1 -*-\nx = 'é'\nprint(8 + len(x))".encode(), verdict=AC),
    Trap(number=20, name="encoding, not UTF-8", code=b"# coding: latin-1\nx = '\xe9'\nprint(9 + len(x))", verdict=AC),
    Trap(number=20, name="not UTF-8 and no encoding", code=b"x = '\xe9'\nprint(10)", verdict=CE),
    Trap(number=20, name="byte order mark", code=b"\xef\xbb\xbfprint(10)", verdict=AC),
    _process(20, "lines of Windows", "x = 1\r\nif x:\r\n    print(10)\r\n"),
    _process(20, "tabs", "if 1:\n\tprint(10)"),
    _process(20, "mixed indentation", "if 1:\n        x = 10\n\tprint(x)", CE),
    _process(20, "identifiers of other scripts", "größe = 10\nprint(größe)"),
    _process(20, "syntax", "print(10", CE, quick=True),
    Trap(number=20, name="not text", code=b"\xff\xfe\x00", verdict=CE),
    _process(20, "bad syntax at run time", "exec('(')", RE),
    _process(20, "empty program", "", WA),
    _process(20, "one long line", "x = [" + "1, " * 30000 + "]\nprint(len(x) - 29990)"),
    _process(20, "nested too deeply to compile", "x = " + "(" * 2000 + ")" * 2000, CE),
    _process(20, "module of the program's own name", "import main\nprint(10)", WA),
)  # fmt: skip

INPUT = (
    _process(21, "input", "a, b = map(int, input().split()); c, d = map(int, input().split()); print(a + b + c + d)", quick=True),
    _process(21, "read", "import sys; print(sum(map(int, sys.stdin.read().split())))"),
    _process(21, "readlines", "import sys; print(sum(int(x) for line in sys.stdin.readlines() for x in line.split()))"),
    _process(21, "iteration", "import sys; print(sum(int(x) for line in sys.stdin for x in line.split()))"),
    _process(21, "buffer readline", "import sys; r = sys.stdin.buffer.readline; print(sum(map(int, r().split() + r().split())))"),
    _process(21, "buffer read", "import sys; print(sum(map(int, sys.stdin.buffer.read().split())))"),
    _process(21, "buffer lines", "import sys; print(sum(int(x) for line in sys.stdin.buffer.readlines() for x in line.split()))"),
    _process(21, "one character", "import sys; s = ''.join(iter(lambda: sys.stdin.read(1), '')); print(sum(map(int, s.split())))"),
    _process(21, "input then read", "import sys; x = input(); print(sum(map(int, (x + ' ' + sys.stdin.read()).split())))"),
    _process(21, "open(0)", "print(sum(map(int, open(0).read().split())))"),
    _process(21, "open(0) lines", "print(sum(int(x) for line in open(0) for x in line.split()))"),
    _process(21, "fileinput", "import fileinput; print(sum(int(x) for line in fileinput.input() for x in line.split()))"),
    _process(21, "os.read", "import os; print(sum(map(int, os.read(0, 100).split())))", quick=True),
    _process(21, "mmap", "import mmap; print(sum(map(int, mmap.mmap(0, 0, prot=mmap.PROT_READ)[:].split())))"),
    _process(21, "seek and read again", "import sys; sys.stdin.read(); sys.stdin.seek(0); print(sum(map(int, sys.stdin.read().split())))"),
    _process(21, "a generator of tokens", "import sys\nt = (int(x) for line in sys.stdin for x in line.split())\nprint(sum(next(t) for _ in range(4)))"),
    _process(21, "/dev/stdin", "print(sum(map(int, open('/dev/stdin').read().split())))"),
    _process(22, "size of the file", "import os; print(sum(map(int, os.read(0, os.fstat(0).st_size).split())))", quick=True),
    _process(
        22, "template of bytes",
        "import os, io, sys\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\n"
        "print(sum(map(int, input().split() + input().split())))",
    ),
    _process(
        23, "until the end of the input",
        "t = 0\nwhile True:\n    try:\n        t += sum(map(int, input().split()))\n    except EOFError:\n        break\nprint(t)",
    ),
    _process(23, "beyond the end of the input", "input(); input(); input(); print(10)", RE),
    Trap(number=23, name="no final newline", code="print(sum(map(int, (input() + ' ' + input()).split())))", verdict=AC, data="1 2\n3 4"),
    Trap(number=23, name="bytes of Windows lines stay", code="import os; print(os.read(0, 9).count(b'\\r') + 9)", verdict=AC, data="1\r\n2\n"),
    Trap(number=23, name="empty input", code="import sys; print(10 + len(sys.stdin.read()))", verdict=AC, data=""),
    Trap(number=23, name="input that is no text", code="import sys; print(8 + len(sys.stdin.buffer.read()))", verdict=AC, data=b"\xff\xfe"),
    Trap(number=23, name="input that is no text, read as such", code="print(10 if ascii(input()) == ascii('\\udcff\\udcfe') else 0)", verdict=AC, data=b"\xff\xfe"),
    Trap(number=24, name="input that is not read", code="print(10)", verdict=AC, data="x" * 10_000_000),
    Trap(number=24, name="input that is half read", code="import sys; sys.stdin.read(9); print(10)", verdict=AC, data="x" * 5_000_000),
    _process(24, "closed input", "import os; os.close(0); print(10)"),
    _process(25, "prompt", "input('n: '); print(10)", WA, quick=True),
    _process(26, "answer in a file", "open('output.txt', 'w').write('10')", WA),
    _process(26, "input from a file", "open('input.txt').read()", RE),
    _process(26, "own files", "open('x', 'w').write('10')\nprint(open('x').read())"),
)  # fmt: skip
WRITING = (
    _process(21, "to the buffer", "import sys; sys.stdout.buffer.write(b'10')"),
    _process(21, "os.write", "import os; os.write(1, b'10\\n')"),
    _process(21, "to __stdout__", "import sys; print(10, file=sys.__stdout__)"),
    _process(21, "open(1)", "open(1, 'w').write('10')"),
    _process(21, "to a copy of the descriptor", "import os; os.write(os.dup(1), b'10')"),
    _process(21, "mixed ways, in order", "import sys; print(1, end='', flush=True); sys.stdout.buffer.write(b'0'); sys.stdout.flush()"),
    _process(21, "from a child", "import subprocess; subprocess.run(['/bin/echo', '10'])"),
    _process(21, "standard error does not count", "import sys; print(10); print('x' * 100000, file=sys.stderr)"),
    _process(21, "closed error output", "import os; os.close(2); print(10)"),
)  # fmt: skip
LIMITS = (
    _process(27, "sleep", "import time; time.sleep(60)", ITL, quick=True),
    _process(27, "deadlock", "import threading; l = threading.Lock(); l.acquire(); l.acquire()", ITL),
    _process(27, "busy loop", "while True: pass", TLE, quick=True),
    _process(27, "busy loop in C", "sum(range(10**12))", TLE),
    _process(27, "busy loop in the kernel", "import os\nwhile True: os.stat('/')", TLE),
    _process(27, "short sleeps", "import time\nfor _ in range(100): time.sleep(0.001)\nprint(10)"),
    _process(27, "works after right output", "print(10, flush=True)\nwhile True: pass", TLE),
    _process(27, "sleeps after right output", "import time; print(10, flush=True); time.sleep(60)", ITL),
    _process(28, "busy loop that catches all", "while True:\n    try:\n        while True: pass\n    except: pass", TLE),
    _process(28, "finally", "try:\n    while True: pass\nfinally:\n    while True: pass", TLE),
    _process(28, "ignores SIGXCPU", "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", TLE),
    _process(
        28, "blocks all signals",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass", TLE,
    ),
    _process(28, "own alarm", "import signal, sys\nsignal.signal(signal.SIGALRM, lambda *a: (print(10), sys.exit()))\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\nsignal.pause()"),
    _process(28, "busy children", "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\nos.wait()", TLE),
    _process(29, "memory", "x = bytearray(3 << 30)", MLE, quick=True),
    _process(29, "memory in steps", "x = []\nwhile True: x.append(bytearray(1 << 20))", MLE),
    _process(29, "memory in small pieces", "x = []\nwhile True: x.append([len(x)] * 50)", MLE),
    _process(29, "a caught memory error is the program's own affair", "try:\n    x = bytearray(1 << 50)\nexcept MemoryError:\n    print(10)"),
    _process(29, "address space that is not used", "import mmap; x = mmap.mmap(-1, 1 << 31); print(10)"),
    _process(29, "most of the memory", "x = bytearray(90 << 20); print(10)"),
    _process(29, "memory after right output", "print(10, flush=True)\nx = [bytearray(1 << 20) for _ in range(4096)]", MLE),
    _process(31, "deep recursion", "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return n and f(n - 1)\nprint(10 + f(10**5))"),
    _process(
        31, "deep recursion in C",
        "import sys, functools\nsys.setrecursionlimit(10**9)\n@functools.lru_cache(None)\n"
        "def f(n):\n    return 10 if n == 0 else f(n - 1)\nprint(f(50000))",
    ),
    _process(31, "endless recursion", "def f(): return f()\nf()", RE),
    _process(31, "a caught recursion error", "def f(): return f()\ntry:\n    f()\nexcept RecursionError:\n    print(10)"),
    _process(31, "endless recursion without a limit", "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)", MLE),
    _process(32, "long integer", "x = 10 ** 5000; print(len(str(x)) + int('9' * 5000) % 10 - 5000)"),
    _process(33, "endless output", "while True: print('x' * 10000)", OLE, quick=True),
    _process(33, "one endless line", "import os\nwhile True: os.write(1, b'x' * 100000)", OLE),
    _process(33, "output of a child", "import subprocess; subprocess.run(['/usr/bin/yes'])", OLE),
    _process(33, "endless errors", "import sys\nwhile True: print('x' * 10000, file=sys.stderr)", TLE),
    Trap(number=33, name="errors and input flow together", code="import sys; sys.stderr.write('e' * 5_000_000); print(10)", verdict=AC, data="x" * 5_000_000),
    Trap(
        number=33, name="30 MB of right output", code="import sys; sys.stdout.write('y' * 30_000_000)", verdict=AC,
        answer="y" * 30_000_000, limits=ROOMY,
    ),
    Trap(number=33, name="just within the limit", code="print('y' * (2**20 - 1))", verdict=AC, answer="y" * (MIB - 1)),
    Trap(number=33, name="one byte too many", code="print('y' * 2**20)", verdict=OLE, answer="y" * MIB),
    _process(35, "hashes of texts repeat", "import subprocess, sys\ncode = 'print(hash(\"a\"))'\nsame = {subprocess.run([sys.executable, '-c', code], capture_output=True).stdout for _ in 'ab'}\nprint(9 + len(same | {b'%d\\n' % hash('a')}))"),
    _process(35, "random numbers differ from run to run", "import random; print(10 if random.random() != 0.8444218515250481 else 0)"),
    _process(36, "a pool of processes", "import multiprocessing\nif __name__ == '__main__':\n    with multiprocessing.get_context('fork').Pool(2) as p: print(sum(p.map(abs, [-4, -6])))", AC),
    _process(37, "third-party packages are not there", "import numpy", RE),
)  # fmt: skip
C_HEAD = "#include <assert.h>\n#include <ctype.h>\n#include <pthread.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
COMPILED = tuple(
    Trap(number=number, name=f"C: {name}", code=C_HEAD + code, verdict=verdict, language="c", limits=SHORT if verdict is TLE else DEFAULT_LIMITS)
    for number, name, code, verdict in (
        (21, "scanf", 'int main(){int a,s=0;while(scanf("%d",&a)==1)s+=a;printf("%d\\n",s);}', AC),
        (21, "getchar", 'int main(){int c,s=0;while((c=getchar())!=EOF)if(isdigit(c))s+=c-48;printf("%d",s);}', AC),
        (21, "fread", 'int main(){char b[99];int n=fread(b,1,99,stdin),s=0;for(int i=0;i<n;i++)if(isdigit(b[i]))s+=b[i]-48;printf("%d",s);}', AC),
        (12, "exit code", 'int main(){printf("10");return 1;}', RE),
        (13, "_Exit loses the buffer", 'int main(){printf("10");_Exit(0);}', WA),
        (14, "null pointer", "int main(){volatile int*p=0;return *p;}", RE),
        (14, "assert", 'int main(){printf("10");fflush(stdout);assert(0);}', RE),
        (14, "division by zero", "int main(){volatile int z=0;return 7/z;}", RE),
        (14, "trap", "int main(){__builtin_trap();}", RE),
        (27, "threads count together", "void*f(void*x){for(volatile long k=0;;k=k+1);}int main(){pthread_t t;for(int i=0;i<4;i++)pthread_create(&t,0,f,0);f(0);}", TLE),
        (29, "memory", "int main(){for(;;)memset(malloc(1<<20),1,1<<20);}", MLE),
        (29, "malloc that fails is the program's own affair", 'int main(){printf("%d",malloc(1ul<<50)?0:10);}', AC),
        (29, "a large array that is not touched", 'static char a[1<<28];int main(){printf("%d",10+a[5]);}', AC),
        (31, "deep recursion", 'int f(int n){volatile char b[900];b[0]=n;return n?f(n-1)+b[0]*0:10;}int main(){printf("%d",f(90000));}', AC),
        (31, "endless recursion", "int f(int n){volatile char b[4096];b[0]=n;return f(n+1)+b[0];}int main(){return f(0);}", MLE),
        (33, "endless output", 'int main(){for(;;)puts("xxxxxxxxxxxxxxxx");}', OLE),
    )
) + tuple(
    Trap(number=number, name=f"C++: {name}", code="#include <iostream>\n" + code, verdict=verdict, language="cpp")
    for number, name, code, verdict in (
        (21, "fast streams", "int main(){std::ios::sync_with_stdio(false);std::cin.tie(0);int a,s=0;while(std::cin>>a)s+=a;std::cout<<s<<std::endl;}", AC),
        (14, "uncaught exception", "int main(){std::cout<<10<<std::flush;throw 1;}", RE),
    )
)  # fmt: skip

TRAPS = (*COMPARISON, *PROCESS, *INPUT, *WRITING, *LIMITS, *COMPILED)
