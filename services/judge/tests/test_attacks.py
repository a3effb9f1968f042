"""What hostile programs try. Each runs in every tier that the host allows; what a weak tier cannot stop is stated."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from microcoder.judge.domain.engine import Ended, Engine, Outcome, RunLimits, Tier
from microcoder.judge.local import DEFAULT_LIMITS
from microcoder.judge.local import run_python as run_python_with

MIB = 2**20

SECRET = "MICROCODER_TEST_SECRET"
MARK = f"mark-{secrets.token_hex(8)}"
"""On the command line of every process that these tests start in a jail."""


async def run_python(engine: Engine, code: str, *, limits: RunLimits = DEFAULT_LIMITS) -> Outcome:
    return await run_python_with(engine, engine.python, code, MARK, limits=limits)


def namespaces(engine: Engine) -> bool:
    return engine.tier.at_least(Tier.NAMESPACES)


def files_are_hidden(engine: Engine) -> bool:
    return engine.tier is not Tier.RLIMITS


async def stdout_of(engine: Engine, code: str) -> str:
    outcome = await run_python(engine, code)
    assert outcome.exit_code == 0, outcome
    return outcome.stdout.decode()


async def test_environment_and_descriptors_are_clean(tier_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "s3cret")
    with socket.socket() as listener, tempfile.TemporaryFile() as file:
        listener.listen()
        os.set_inheritable(listener.fileno(), True)
        os.set_inheritable(file.fileno(), True)
        code = """
import os
fds = []
for fd in range(1024):
    try: os.fstat(fd); fds.append(fd)
    except OSError: pass
print(sorted(os.environ), fds)
"""
        seen = await stdout_of(tier_engine, code)
    assert "[0, 1, 2]" in seen
    assert SECRET not in seen
    assert "MICROCODER" not in seen


async def test_no_other_process_can_be_read(tier_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "s3cret")
    code = """
import os
for pid in [1, os.getppid(), %d]:
    for name in ("environ", "mem", "maps", "fd", "root", "cwd"):
        path = f"/proc/{pid}/{name}"
        try:
            if name in ("fd",): print(path, os.listdir(path))
            elif name in ("root", "cwd"): print(path, os.listdir(path))
            else: print(path, open(path, "rb").read(100))
        except OSError: pass
"""
    assert await stdout_of(tier_engine, code % os.getpid()) == ""


async def test_no_capabilities_and_no_way_to_more_rights(tier_engine: Engine) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(os.getuid() != 0, os.geteuid() != 0)
def denied(result): return result == -1
print(denied(libc.unshare(0x10000000)), denied(libc.unshare(0x20000)), denied(libc.setns(0, 0)))
print(denied(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)), denied(libc.chroot(b"/")))
print(denied(libc.ptrace(16, os.getppid(), 0, 0)), denied(libc.setuid(0)))
print(denied(libc.syscall(321, 0, 0, 0)), denied(libc.syscall(425, 8, 0)), denied(libc.syscall(250, 0, 0, 0)))
print(libc.prctl(39, 0, 0, 0, 0) == 1)
"""
    assert set((await stdout_of(tier_engine, code)).split()) == {"True"}


async def test_no_network(tier_engine: Engine) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        code = f"""
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_VSOCK, 38):
    try:
        s = socket.socket(family); print("socket", family)
        s.connect(("127.0.0.1", {listener.getsockname()[1]})); print("connected")
    except OSError: pass
a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1))
"""
        assert await stdout_of(tier_engine, code) == "b'x'\n"


async def test_nothing_of_the_host_can_be_written(tier_engine: Engine, tmp_path: Path) -> None:
    if tier_engine.tier is Tier.RLIMITS:
        pytest.skip("rlimits: files are protected by their permissions only")
    code = f"""
import os
here = os.path.dirname(__file__)
for path in ["/x", "/usr/x", "/etc/x", "/dev/x", "/proc/x", {str(tmp_path)!r} + "/x", "/var/tmp/x", here + "/x"]:
    try: open(path, "w").write("x"); print("wrote", path)
    except OSError: pass
for action in (lambda: os.remove(__file__), lambda: os.chmod(__file__, 0o777), lambda: os.rename("/usr", "/box/usr")):
    try: action(); print("changed")
    except OSError: pass
open("mine", "w").write("ok"); print(open("mine").read())
"""
    assert await stdout_of(tier_engine, code) == "ok\n"


async def test_nothing_private_of_the_host_can_be_read(tier_engine: Engine, tmp_path: Path) -> None:
    if not files_are_hidden(tier_engine):
        pytest.skip("rlimits: files are protected by their permissions only")
    (tmp_path / "answers").write_text("42")
    code = f"""
import os
system = ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/run", "/var/log", "/home", "/sys/kernel"]
for path in [{str(tmp_path / "answers")!r}, {__file__!r}, *system]:
    try: print(path, os.listdir(path) if os.path.isdir(path) else open(path).read(10))
    except OSError: pass
os.symlink({str(tmp_path / "answers")!r}, "link")
try: print(open("link").read())
except OSError: print("no")
"""
    assert await stdout_of(tier_engine, code) == "no\n"


async def test_nothing_stays_for_the_next_run(tier_engine: Engine) -> None:
    if tier_engine.tier is Tier.RLIMITS:
        pytest.skip("rlimits: /tmp is the host's")
    places = f"""
import os
places = ("note", "/tmp/{MARK}", "/dev/shm/{MARK}", os.environ["HOME"] + "/note", os.path.dirname(__file__) + "/note")
"""
    write = """
for path in places:
    try: open(path, "w").write("42")
    except OSError: pass
"""
    await run_python(tier_engine, places + write)
    assert await stdout_of(tier_engine, places + "print([p for p in places if os.path.exists(p)])") == "[]\n"


async def test_fork_bomb(tier_engine: Engine) -> None:
    code = """
import os, signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try: os.fork()
    except OSError: pass
"""
    begun = time.monotonic()
    outcome = await run_python(tier_engine, code)
    assert outcome.ended in (Ended.CPU, Ended.MEMORY) or outcome.out_of_memory or outcome.signal
    assert time.monotonic() - begun < 30
    await nothing_left()


async def test_processes_are_limited(tier_engine: Engine) -> None:
    code = """
import os, time
n = 0
try:
    while n < 500:
        if os.fork() == 0: time.sleep(60); os._exit(0)
        n += 1
except OSError: pass
print(n)
"""
    assert 1 <= int(await stdout_of(tier_engine, code)) <= 64


async def test_memory_split_over_children(tier_engine: Engine) -> None:
    code = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        x = bytearray(40 << 20)
        for i in range(0, len(x), 4096): x[i] = 1
        time.sleep(1); os._exit(0)
for _ in range(6): os.wait()
"""
    outcome = await run_python(tier_engine, code)
    assert outcome.out_of_memory or outcome.ended is Ended.MEMORY


async def test_cpu_time_of_children_that_nobody_waits_for(tier_engine: Engine) -> None:
    code = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(8):
    if os.fork() == 0:
        end = time.process_time() + 0.25
        while time.process_time() < end: pass
        os._exit(0)
try: os.wait()
except ChildProcessError: print("all gone")
"""
    outcome = await run_python(tier_engine, code)
    if tier_engine.tier is Tier.NAMESPACES_CGROUPS:
        assert outcome.cpu_time_us > 1_000_000
    else:  # only what was seen while they lived
        assert outcome.stdout or outcome.ended is Ended.CPU


async def test_daemons_end_with_their_program(tier_engine: Engine) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(0.01)
    os._exit(0)
os.wait(); print("done")
"""
    begun = time.monotonic()
    outcome = await run_python(tier_engine, code)
    assert outcome.exit_code == 0
    assert outcome.stdout == b"done\n"
    assert time.monotonic() - begun < 5
    await nothing_left()


async def test_killing_and_stopping_others(tier_engine: Engine) -> None:
    code = f"""
import os, signal
for pid in (1, os.getppid(), {os.getpid()}):
    if pid <= 0: continue
    for sig in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        try: os.kill(pid, sig)
        except OSError: pass
try: os.kill(-1, signal.SIGSTOP)
except OSError: pass
print("alive", flush=True)
"""
    if not namespaces(tier_engine):
        pytest.skip("without a process namespace a run may signal the processes of its user")
    outcome = await run_python(tier_engine, code)
    assert outcome.exit_code == 0, outcome
    assert outcome.stdout == b"alive\n"


async def test_stopping_itself_is_waiting(tier_engine: Engine) -> None:
    outcome = await run_python(tier_engine, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    assert outcome.ended is Ended.IDLE


async def test_the_box_is_limited(tier_engine: Engine) -> None:
    code = """
import os
try:
    for i in range(8):
        with open(f"f{i}", "wb") as f:
            for _ in range(16): f.write(bytes(1 << 20))
    print("wrote all")
except OSError as e: print(type(e).__name__)
"""
    limits = RunLimits(cpu_time_ms=5_000, memory_bytes=512 * MIB, output_bytes=MIB, box_bytes=8 * MIB)
    outcome = await run_python(tier_engine, code, limits=limits)
    assert b"wrote all" not in outcome.stdout


async def test_raising_limits(tier_engine: Engine) -> None:
    code = """
import resource
for name in ("RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_STACK"):
    try: resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY,) * 2); print("raised", name)
    except (OSError, ValueError): pass
print("no core", resource.getrlimit(resource.RLIMIT_CORE))
"""
    assert await stdout_of(tier_engine, code) == "no core (0, 0)\n"


async def test_closing_all_descriptors(tier_engine: Engine) -> None:
    outcome = await run_python(tier_engine, "import os; os.closerange(0, 1000); os._exit(7)")
    assert outcome.exit_code == 7


async def test_the_clock_cannot_be_used_to_stay(tier_engine: Engine) -> None:
    outcome = await run_python(tier_engine, "import signal\nsignal.pause()")
    assert outcome.ended is Ended.IDLE
    assert outcome.cpu_time_us < 1_000_000


async def test_cancelling_kills_at_once(tier_engine: Engine) -> None:
    limits = RunLimits(cpu_time_ms=60_000, memory_bytes=128 * MIB, output_bytes=MIB)
    work = asyncio.create_task(run_python(tier_engine, "while True: pass", limits=limits))
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - begun < 2
    await nothing_left()


async def test_a_judge_that_dies_leaves_nothing(tier_engine: Engine, cache_dir: Path) -> None:
    """The service is killed with SIGKILL in mid-run."""
    if not namespaces(tier_engine):
        pytest.skip("without a process namespace orphans are ended one by one, as far as they can be found")
    code = f"""
import asyncio, pathlib
from microcoder.judge.adapters.jail import interpreters, open_engine
from microcoder.judge.domain.engine import *
async def main():
    engine = await open_engine(cache=pathlib.Path({str(cache_dir)!r}), compiler="gcc", interpreters=interpreters(""),
                               slots=1, minimum=Tier.NAMESPACES, tiers=(Tier({str(tier_engine.tier)!r}),))
    limits = RunLimits(cpu_time_ms=60_000, memory_bytes=1 << 27, output_bytes=1000)
    print("ready", flush=True)
    await engine.run(RunSpec(argv=("/bin/sh", "-c", "sleep 60; exit", {MARK!r}), files={{}}, limits=limits))
asyncio.run(main())
"""
    # The mark is also in the service's own command line, which ends with it.
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    assert service.stdout is not None
    assert await service.stdout.readline() == b"ready\n"
    await until(lambda: len(marked()) > 2)
    service.kill()
    await service.wait()
    await until(lambda: len(marked()) == 0)


def command_of(pid: str) -> bytes:
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b""


def marked() -> list[str]:
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and MARK.encode() in command_of(pid)]


async def nothing_left() -> None:
    await until(lambda: not marked())


async def until(condition: Callable[[], bool], *, timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the kernel sends no event for it
            await asyncio.sleep(0.05)
