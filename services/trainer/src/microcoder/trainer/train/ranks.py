"""Several training processes of one pod.

torchrun is not used: it gives its processes 30 seconds to end, and answers a SIGTERM with an exit code of its own, so
that neither the checkpoint nor the meaning of the exit codes would outlive a pre-emption.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from microcoder.trainer.domain.ranks import Group, exit_code_of

_PAUSE_S = 0.2
ENTRY = (sys.executable, "-m", "microcoder.trainer.train")


def run_group(group: Group, arguments: Sequence[str], *, grace_s: float, entry: Sequence[str] = ENTRY) -> int:
    """Runs the processes of this node to their end.

    SIGTERM goes on to all of them. Where one ends with an error the others are told to end too: they would wait for it.

    Args:
        group: Who they are.
        arguments: Of each process.
        grace_s: Time to save themselves after the first has ended, seconds; then they are killed.
        entry: The command of a process.

    Returns:
        The node's exit code, see `exit_code_of`.
    """
    processes: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        asked.append(number)
        _tell(processes, signal.Signals(number))

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    for rank in range(group.processes):
        own = {**os.environ, **group.environment(rank, os.environ)}
        processes.append(subprocess.Popen([*entry, *arguments], env=own))
    if asked:  # while they were being started
        _tell(processes, signal.SIGTERM)
    return exit_code_of(_codes(processes, grace_s))


def _codes(processes: Sequence[subprocess.Popen[bytes]], grace_s: float) -> list[int]:
    """Exit codes in the order in which the processes ended."""
    codes: list[int] = []
    running = list(processes)
    give_up: float | None = None
    while running:
        ended = [process for process in running if process.poll() is not None]
        running = [process for process in running if process not in ended]
        codes += [process.returncode for process in ended]
        if give_up is None and any(codes):
            give_up = time.monotonic() + grace_s
            _tell(running, signal.SIGTERM)
        if give_up is not None and time.monotonic() > give_up:
            _tell(running, signal.SIGKILL)
        time.sleep(_PAUSE_S if running else 0)
    return codes


def _tell(processes: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)  # does nothing where it has ended and was waited for
