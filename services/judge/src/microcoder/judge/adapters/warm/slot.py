"""One warm slot: its supervisor's process and the connection to it."""

import array
import asyncio
import contextlib
import os
import select
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from microcoder.judge.adapters.jail.descriptors import contents_of, file_holding
from microcoder.judge.adapters.warm import wire
from microcoder.judge.domain.engine import EngineFailed, RunLimits

_START_S = 40.0
_END_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmRun:
    """What a slot runs."""

    warm: bool
    """`arguments` begin with a file for the warm interpreter; else they are a command."""
    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    """`NAME=value`, of a command."""
    files: Mapping[str, bytes]
    stdin: bytes
    limits: RunLimits
    result_channel: bool


class Slot:
    """A slot that is up. Runs one program at a time.

    Args:
        supervisor: Its command, with options.
        files: Of the program's folder as the keeper finds it, by path in the jail.
        keeper: The keeper's command.

    Raises:
        EngineFailed: It does not come up, with the reason.
    """

    def __init__(self, supervisor: Sequence[str], *, files: Mapping[str, Path], keeper: Sequence[str]) -> None:
        self.files: Mapping[str, bytes] | None = None
        self.runs = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn: asyncio.Future[wire.Reply] | None = None
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.ExitStack() as stack:
            opened = {path: stack.enter_context(source.open("rb")).fileno() for path, source in files.items()}
            self._process = subprocess.Popen(
                [*supervisor, *(f"file={fd}:{path}" for path, fd in opened.items()), "--", *keeper],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=tuple(opened.values()),
                env={},
            )
        try:
            self._await_ready()
        except BaseException:
            self.close()
            raise
        self._socket.setblocking(False)

    def _await_ready(self) -> None:
        readable, _, _ = select.select([self._socket], [], [], _START_S)
        if readable and wire.is_ready(self._socket.recv(wire.MAX_MESSAGE)):
            return
        self._process.kill()
        said, _ = self._process.communicate()
        raise EngineFailed(said.decode("utf-8", "replace").strip().removeprefix("error ") or "a slot does not come up")

    async def run(self, run: WarmRun) -> wire.Reply:
        """Runs the program to its end; cancelling kills it and waits until the slot is free again.

        Raises:
            EngineFailed: The slot is gone.
            ValueError: This run does not fit into a message: nothing was done.
        """
        loop = asyncio.get_running_loop()
        self._attach(loop)
        self._turn = loop.create_future()
        self._send(run)
        self.runs += 1
        try:
            return await asyncio.shield(self._turn)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                self._socket.send(wire.STOP)
            with contextlib.suppress(EngineFailed):
                await asyncio.shield(self._turn)
            raise

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self._turn is not None and not self._turn.done()

    def close(self) -> None:
        """Ends the jail and all that is in it. May be called from any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which ends the supervisor
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._let_go()

    def _let_go(self) -> None:
        """Closes the socket where nobody can be reading it: in the loop that watches it, where there is one."""
        if self._loop is not None and self._loop.is_running():
            with contextlib.suppress(RuntimeError):  # it has been closed since
                self._loop.call_soon_threadsafe(self._close_socket)
                return
        self._close_socket()

    def _close_socket(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._socket.close()

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            loop.add_reader(self._socket, self._take_reply)
            self._loop = loop

    def _send(self, run: WarmRun) -> None:
        new_files = self.files is not run.files and self.files != run.files
        paths = tuple(run.files) if new_files else ()
        text = wire.pack_text((*run.arguments, *run.environment, *paths))
        if text is None or len(paths) > wire.MAX_FILES:
            raise ValueError("too long for a message")
        inline = len(run.stdin) <= wire.MAX_INLINE
        head = wire.request(
            text=text,
            counts=(len(run.arguments), len(run.environment), len(paths)),
            limits=run.limits,
            input_bytes=len(run.stdin),
            warm=run.warm,
            result=run.result_channel,
            new_files=new_files,
            inline=inline,
        )
        with contextlib.ExitStack() as stack:
            apart = () if inline else (run.stdin,)
            contents = (*apart, *(run.files[path] for path in paths))
            fds = [stack.enter_context(file_holding(data)) for data in contents]
            self._write(head + run.stdin if inline else head, fds)
        self.files = run.files

    def _write(self, message: bytes, fds: Sequence[int]) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self._socket.sendmsg([message], rights)
        except OSError as error:
            raise EngineFailed(f"a slot takes no work: {error}") from error

    def _take_reply(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, wire.MAX_MESSAGE, 1)
        except BlockingIOError:
            return
        except OSError:
            data, fds = b"", []
        apart = contents_of(fds[0]) if fds else None
        for fd in fds:
            os.close(fd)
        if not data and self._loop is not None:
            self._loop.remove_reader(self._socket)
        if self._turn is None or self._turn.done():
            return
        try:
            self._turn.set_result(wire.read_reply(data, apart))
        except ValueError as error:
            self._turn.set_exception(EngineFailed(f"a slot has ended: {error}"))
