"""A judge in a process of its own, with its store and its bus, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from microcoder.store import local_mongod

_START_S = 120.0
_STOP_S = 60.0
_CACHE_BYTES = str(8 * 2**20)
"""Small caches, so that memory that grows is a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJudge:
    """What the fuzzer needs to know of it."""

    pid: int
    address: str
    log: Path


@contextmanager
def running_judge(folder: Path, *, environ: Mapping[str, str]) -> Iterator[RunningJudge]:
    """Starts a judge below `folder`, ends it with SIGTERM.

    Raises:
        RuntimeError: It does not come up, or does not end.
    """
    mongod = local_mongod.start(folder / "mongod", port=_free_port())
    try:
        port, log = _free_port(), folder / "judge.log"
        settings = {
            "MICROCODER_STORE__URI": mongod.uri,
            "MICROCODER_BUS__PATH": str(folder / "bus.sqlite3"),
            "MICROCODER_RPC__PORT": str(port),
            "MICROCODER_ADMIN__PORT": str(_free_port()),
            "MICROCODER_JUDGE__CACHE_DIR": str(folder / "cache"),
            "MICROCODER_JUDGE__MIN_TIER": "rlimits",
            "MICROCODER_JUDGE__BLOB_CACHE_BYTES": _CACHE_BYTES,
            "MICROCODER_JUDGE__ARTEFACT_CACHE_BYTES": _CACHE_BYTES,
            "MICROCODER_JUDGE__ARTEFACT_DISK_BYTES": _CACHE_BYTES,
        }
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "microcoder.judge"],
                env={**os.environ, **settings, **environ},
                stdout=out,
                stderr=out,
            )
        try:
            _await_port(process, port, log)
            yield RunningJudge(pid=process.pid, address=f"127.0.0.1:{port}", log=log)
        finally:
            _stop(process)
    finally:
        mongod.stop()


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the judge does not come up: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError("the judge does not end when it is asked to") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
