"""The warm engine against the cold one, and what one run could leave for the next."""

import asyncio
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import interpreters, open_engine
from microcoder.judge.adapters.warm import open_warm
from microcoder.judge.app import open_sandbox
from microcoder.judge.domain.engine import Engine, EngineKind, Outcome, RunLimits, Tier
from microcoder.judge.domain.languages import python_command
from microcoder.judge.local import run_python
from microcoder.judge.settings import JudgeSettings

CORPUS = runpy.run_path(str(Path(__file__).with_name("corpus.py")))
INPUT, PROGRAMS = CORPUS["INPUT"], CORPUS["PROGRAMS"]
LIMITS = RunLimits(cpu_time_ms=3_000, memory_bytes=256 * 2**20, output_bytes=2**20)


def opened(cache_dir: Path, kind: EngineKind) -> Engine:
    settings = JudgeSettings(cache_dir=cache_dir, slots=1, engine=kind)
    try:
        return asyncio.run(open_sandbox(settings)).engine
    except FailedPrecondition as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def cold(cache_dir: Path) -> Iterator[Engine]:
    engine = opened(cache_dir, EngineKind.COLD)
    yield engine
    asyncio.run(engine.close())


@pytest.fixture(scope="module")
def warm(cache_dir: Path) -> Iterator[Engine]:
    engine = opened(cache_dir, EngineKind.WARM)
    yield engine
    asyncio.run(engine.close())


def behaviour(outcome: Outcome) -> tuple[object, ...]:
    """All that both engines must agree on."""
    last_words = outcome.stderr.strip().splitlines()[-1:]
    return outcome.exit_code, outcome.signal, outcome.ended, outcome.stdout, last_words


@pytest.mark.parametrize("group", ["reading", "writing", "ending", "self"])
async def test_warm_and_cold_agree(cold: Engine, warm: Engine, group: str) -> None:
    differing = {}
    for name, code in PROGRAMS.items():
        if name.startswith(group):
            source = code if isinstance(code, bytes) else code.encode()
            ours, theirs = await asyncio.gather(
                *(run_python(engine, engine.python, source, limits=LIMITS, stdin=INPUT) for engine in (warm, cold))
            )
            if behaviour(ours) != behaviour(theirs):
                differing[name] = behaviour(ours), behaviour(theirs)
    assert not differing


def test_the_tier_is_the_same(cold: Engine, warm: Engine) -> None:
    assert warm.tier is cold.tier
    assert warm.tier.at_least(Tier.NAMESPACES)


CLEAN = """
import os, resource, signal
box = os.stat('/box')
print(sorted(p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()))
print(os.listdir('/box'), oct(box.st_mode), box.st_uid, box.st_gid, os.listxattr('/box'), sorted(os.listdir('/program')))
print(os.getpriority(0, 0), os.sched_getaffinity(0), os.sched_getscheduler(0), os.getppid(), signal.pthread_sigmask(0, []))
print([resource.getrlimit(n) for n in range(16) if n != resource.RLIMIT_AS])
print(sorted(os.environ), os.statvfs('/box').f_bfree == os.statvfs('/box').f_blocks, os.statvfs('/box').f_ffree)
print(open('/proc/self/mounts').read(), os.uname().nodename, [os.get_blocking(fd) for fd in (0, 1, 2)])
print(open('/proc/self/stat').read().split()[40:43], resource.prlimit(0, resource.RLIMIT_CPU))
"""
HOSTILE = {
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "kills all": "import os; os.kill(-1, 9)",
    "stops all": "import os; os.kill(-1, 19)",
    "stops itself": "import os; os.kill(0, 19)",
    "signals to the keeper": "import os\nfor n in range(1, 65):\n    try: os.kill(1, n)\n    except OSError: pass",
    "memory": "x = []\nwhile True: x.append(bytearray(1 << 24))",
    "memory of many": "import os\nfor _ in range(20): os.fork()\nx = bytearray(100 << 20)",
    "closes all": "import os; os.closerange(0, 65536)",
    "daemons": "import os, time\nfor _ in range(10):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            time.sleep(99)\n        os._exit(0)",
    "zombies": "import os\nfor _ in range(200):\n    if os.fork() == 0:\n        if os.fork() == 0: os._exit(0)\n        os._exit(0)\n    os.wait()\nprint('ok')",
    "mounts": "import ctypes; l = ctypes.CDLL(None); print(l.mount(b'x', b'/box', b'tmpfs', 0, None), l.umount2(b'/box', 2), l.umount2(b'/program', 2))",
    "traces the keeper": "import ctypes, os; l = ctypes.CDLL(None); print(l.ptrace(16, 1, 0, 0))\nfor n in ('mem', 'environ', 'maps', 'fd/100', 'oom_score_adj'):\n    try: open(f'/proc/1/{n}', 'r+b').write(b'x'); print('wrote', n)\n    except OSError: pass",
    "limits of the keeper": "import resource\ntry: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)); print('set')\nexcept OSError: pass\ntry: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3)); print('set')\nexcept OSError: pass",
    "priority of the keeper": "import os\nfor f in (lambda: os.setpriority(os.PRIO_PROCESS, 1, 19), lambda: os.setpriority(os.PRIO_USER, 0, 19), lambda: os.setpriority(os.PRIO_PGRP, 1, 19), lambda: os.sched_setaffinity(1, {0}), lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))):\n    try: f(); print('set')\n    except OSError: pass",
    "descriptors of the keeper": "import os, socket\nfor fd in range(3, 256):\n    try: os.write(fd, b'x' * 200); print('wrote', fd)\n    except OSError: pass",
    "files": "import os\nfor i in range(5000):\n    try: open(f'f{i}', 'w').write('x')\n    except OSError: break\nos.makedirs('a/b/c'); os.chmod('a', 0)",
    "a full box": "f = open('big', 'wb')\ntry:\n    while True: f.write(bytes(1 << 20))\nexcept OSError: print('full')",
    "mode of the box": "import os; os.chmod('/box', 0)",
    "times of the box": "import os; os.utime('/box', ns=(123456789, 987654321))",
    "attributes of the box": "import os\ntry: os.setxattr('/box', 'user.note', b'42')\nexcept OSError: pass",
    "a file made and removed": "import os; open('x', 'w').close(); os.remove('x')",
    "memory of the system": "import ctypes; l = ctypes.CDLL(None); print(l.shmget(5, 100, 0o1666), l.semget(5, 1, 0o1666), l.msgget(5, 0o1666))",
    "names of sockets": "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0note'); s.listen()",
    "flags of descriptors": "import os, fcntl\nfor fd in (0, 1, 2): os.set_blocking(fd, False)\nfcntl.fcntl(1, fcntl.F_SETOWN, 1)",
    "output": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "sleeps": "import time; time.sleep(1000)",
    "ignores all": "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
    "threads": "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(99,)).start()\n    except RuntimeError: pass",
    "siblings": "import ctypes, os, time; l = ctypes.CDLL(None)\nif l.syscall(56, 0x8000, 0, 0, 0, 0) == 0: time.sleep(99)\nprint('ok')",
    "no signal at its end": "import ctypes, os, time; l = ctypes.CDLL(None)\nif l.syscall(56, 0x8000 | 0, 0, 0, 0, 0) == 0: os._exit(0)\ntime.sleep(0.1)",
    "lives in the kernel": "import os\nif os.fork() == 0:\n    if os.vfork() if hasattr(os, 'vfork') else os.fork(): os._exit(0)\n    os.execv('/bin/sleep', ['sleep', '99'])",
    "exec of another": "import os; os.execv('/bin/sh', ['sh', '-c', 'sleep 99 & sleep 99 & exit 3'])",
    "many descriptors": "import os\nwhile True: os.dup(0)",
    "sends descriptors away": "import socket, array, os\na, b = socket.socketpair()\nfor i in range(100): a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [a.fileno(), b.fileno()]))])",
    "changes the interpreter": "import builtins, os, sys, gc\nfor o in gc.get_objects():\n    if isinstance(o, dict): o.clear()",
    "crash": "import ctypes; ctypes.memset(0, 1, 1)",
    "foreign system call": "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
}
HOSTILE_LIMITS = RunLimits(cpu_time_ms=300, memory_bytes=64 * 2**20, output_bytes=2**20, idle_time_ms=300)


@pytest.fixture(scope="module", params=[tier for tier in Tier if tier.at_least(Tier.NAMESPACES)])
def slot(request: pytest.FixtureRequest, cache_dir: Path) -> Iterator[tuple[Engine, list[str]]]:
    """An engine with one warm slot, and why the slot was replaced."""
    replaced: list[str] = []
    engine = asyncio.run(warm_engine(cache_dir, request.param, replaced))
    yield engine, replaced
    asyncio.run(engine.close())


async def warm_engine(cache_dir: Path, tier: Tier, replaced: list[str]) -> Engine:
    tools = {"cache": cache_dir, "compiler": "gcc", "slots": 1}
    try:
        cold = await open_engine(**tools, interpreters=interpreters(""), minimum=tier, tiers=(tier,))
    except FailedPrecondition as error:
        pytest.skip(error.message)
    return await open_warm(cold, **tools, interpreter=python_command(cold.python), on_replaced=replaced.append)


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
async def test_the_next_run_is_clean(slot: tuple[Engine, list[str]], code: str) -> None:
    engine, replaced = slot
    before = await run_python(engine, engine.python, CLEAN)
    replaced.clear()
    await run_python(engine, engine.python, code, limits=HOSTILE_LIMITS)
    after = await run_python(engine, engine.python, CLEAN)
    assert before.exit_code == after.exit_code == 0, after
    assert after.stdout == before.stdout
    assert replaced in ([], ["worn"])
