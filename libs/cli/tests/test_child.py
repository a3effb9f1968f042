import asyncio
import sys
from pathlib import Path

from microcoder.cli.local.child import Child


def child(tmp_path: Path, code: str) -> Child:
    return Child("x", [sys.executable, "-c", code], environ={"GREETING": "hello"}, log=tmp_path / "logs" / "x.log")


async def test_output_and_environment_reach_the_log(tmp_path: Path) -> None:
    made = child(tmp_path, "import os; print(os.environ['GREETING']); raise SystemExit(3)")
    await made.start()
    assert await made.wait() == 3
    assert made.tail() == "hello"


async def test_one_that_does_not_listen_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(inner.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    made = child(tmp_path, code)
    await made.start()
    while not made.tail():  # noqa: ASYNC110 - a file has no event to wait for
        await asyncio.sleep(0.02)
    inner = int(made.tail())
    await made.stop(grace_s=0.2)
    assert made.returncode == -9
    async with asyncio.timeout(10):
        while _alive(inner):  # noqa: ASYNC110 - the kernel ends it when it gets to it
            await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
