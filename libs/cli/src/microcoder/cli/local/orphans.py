"""Processes that outlive the service that started them: a training process that is still saving itself, for example.

The runner adopts them (PR_SET_CHILD_SUBREAPER, prctl(2)), so that nothing of the platform is left behind when it ends.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_LIBC = ctypes.CDLL(None)
_POLL_S = 0.1


def adopt() -> None:
    """Makes this process the parent of whatever its children leave behind."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


async def end_all(*, spared: frozenset[int], grace_s: float) -> list[int]:
    """Asks all children but `spared` to end, by force after `grace_s` seconds. Gives their process ids."""
    orphans = children() - spared
    for pid in orphans:
        _signal(pid, signal.SIGTERM)
    loop = asyncio.get_running_loop()
    end = loop.time() + grace_s
    left = set(orphans)
    while left and loop.time() < end:
        await asyncio.sleep(_POLL_S)
        left = {pid for pid in left if not _reaped(pid)}
    for pid in left:
        _signal(pid, signal.SIGKILL)
        await asyncio.to_thread(_wait, pid)
    return sorted(orphans)


def children() -> frozenset[int]:
    """Process ids of all children of this process, adopted ones included."""
    threads = Path("/proc/self/task").glob("*/children")
    return frozenset(int(pid) for thread in threads for pid in thread.read_text().split())


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _wait(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
