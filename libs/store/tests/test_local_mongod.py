import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pymongo
import pytest

from microcoder.core.errors import FailedPrecondition, Unavailable
from microcoder.store import local_mongod
from microcoder.store.local_mongod import MongodProcess
from microcoder.testing.mongo import free_port, start_or_skip


def test_data_outlives_a_stop_and_a_crash(mongod: MongodProcess) -> None:
    with pymongo.MongoClient[dict[str, int]](mongod.uri) as client:
        client.test.things.insert_one({"_id": 1})
    uri = mongod.uri
    mongod.stop()
    mongod.stop()
    mongod.restart()
    mongod.kill()
    mongod.restart()
    assert mongod.uri == uri
    with pymongo.MongoClient[dict[str, int]](mongod.uri) as client:
        assert client.test.things.find_one() == {"_id": 1}


def test_it_listens_on_this_machine_only(mongod: MongodProcess) -> None:
    with pymongo.MongoClient[dict[str, object]](mongod.uri) as client:
        options = client.admin.command("getCmdLineOpts")["parsed"]
    assert options["net"]["bindIp"] == "127.0.0.1"
    assert "replication" not in options


def test_a_folder_has_one_owner(mongod: MongodProcess) -> None:
    with pytest.raises(FailedPrecondition, match="Another process"):
        local_mongod.start(mongod.folder, port=free_port())
    assert not local_mongod.clear_leftover(mongod.folder)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    _needs_mongod()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(FailedPrecondition, match="is taken"):
            local_mongod.start(tmp_path, port=other.getsockname()[1])


def test_what_a_killed_owner_left_running_is_stopped(tmp_path: Path) -> None:
    _needs_mongod()
    owner = f"""
        from pathlib import Path
        from microcoder.store import local_mongod
        print(local_mongod.start(Path({str(tmp_path)!r}), port={free_port()}).pid, flush=True)
        input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(owner)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        left_pid = int(process.stdout.readline())
        process.kill()
    os.kill(left_pid, 0)
    again = start_or_skip(tmp_path)
    try:
        with pymongo.MongoClient[dict[str, object]](again.uri) as client:
            assert client.admin.command("serverStatus")["pid"] == again.pid != left_pid
    finally:
        again.stop()


def test_a_mongod_that_ends_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    mongod = start_or_skip(tmp_path)
    mongod.stop()
    (tmp_path / "WiredTiger.turtle").write_text("damaged", encoding="ascii")
    with pytest.raises(Unavailable, match=r"exit code[\s\S]*WiredTiger"):
        local_mongod.start(tmp_path, port=free_port())
    assert local_mongod.clear_leftover(tmp_path)


@pytest.mark.parametrize(
    ("script", "error", "text"),
    [
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open' >&2; exit 127",
            FailedPrecondition,
            "libcurl4",
        ),
        ("echo 'no idea' >&2; exit 3", Unavailable, r"exit code 3[\s\S]*no idea"),
        ("exec sleep 60", Unavailable, "does not answer"),
    ],
)
def test_why_it_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[Exception], text: str
) -> None:
    fake = tmp_path / "bin" / "mongod"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    with pytest.raises(error, match=text):
        local_mongod.start(tmp_path / "data", port=free_port(), timeout_s=0.5)


def test_the_one_of_path_goes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "mongod"
    ours.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local_mongod.find_mongod() == ours


def test_without_any_mongod_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(local_mongod, "_WHEELS", ("no-such-wheel",))
    with pytest.raises(FailedPrecondition, match=r"MICROCODER_STORE__URI.*no-such-wheel"):
        local_mongod.find_mongod()


def test_a_stopped_mongod_that_hangs_is_ended_by_force(mongod: MongodProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_mongod, "_STOP_S", 0.2)
    os.kill(mongod.pid, signal.SIGSTOP)
    mongod.stop()
    assert mongod.process.returncode == -signal.SIGKILL


def _needs_mongod() -> None:
    try:
        local_mongod.find_mongod()
    except FailedPrecondition as error:
        pytest.skip(error.message)
