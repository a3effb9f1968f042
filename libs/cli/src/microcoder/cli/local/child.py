"""A child process with a log file."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

_TAIL_BYTES = 4000
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)


class Child:
    """One process, in a process group of its own so that Ctrl-C reaches only the runner, which then drains in order."""

    def __init__(self, name: str, command: Sequence[str], *, environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environ = {**os.environ, **environ}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts the process; its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    @property
    def returncode(self) -> int | None:
        """Exit code, None while it runs or before it was started."""
        return self._process.returncode if self._process else None

    @property
    def pid(self) -> int:
        """Process id, 0 before it was started."""
        return self._process.pid if self._process else 0

    async def wait(self) -> int:
        """Waits for the end and gives the exit code."""
        assert self._process is not None, f"{self.name} was never started"  # noqa: S101
        return await self._process.wait()

    async def stop(self, *, grace_s: float) -> None:
        """Asks it to end and, after `grace_s` seconds, ends it with everything that it started."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), grace_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def tail(self, lines: int = 15) -> str:
        """The end of the log, for an error message."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
                text = log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def _end_with_parent() -> None:
    """Lets the kernel end the child where the runner is killed: a service left behind would take others' messages."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
