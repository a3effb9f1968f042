"""The file of the embedded bus: what it is taken for, what it survives."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from microcoder.bus import BusSettings, Record, open_bus
from microcoder.bus.embedded import database
from microcoder.core.errors import DataLoss, FailedPrecondition, MicrocoderError, Unavailable

PRODUCER = """
import asyncio, sys
from pathlib import Path
from microcoder.bus import BusSettings, Record, open_bus

async def main(path, name):
    bus = await open_bus(BusSettings(path=Path(path)))
    await bus.ensure_topics(["t"], partitions=3)
    for i in range(100000):
        await bus.produce([Record(topic="t", key=name, value=str(i).encode())])
        print(i, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def _open(path: Path) -> None:
    bus = await open_bus(BusSettings(path=path))
    await bus.close()


async def test_another_format_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    await _open(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(FailedPrecondition, match="format version 7"):
        await _open(path)


async def test_a_foreign_sqlite_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(FailedPrecondition, match="not a bus"):
        await _open(path)


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"not a database at all, but long enough to be read as a header of one\n" * 9)
    before = path.read_bytes()
    with pytest.raises(FailedPrecondition, match="not a SQLite file"):
        await _open(path)
    assert path.read_bytes() == before


async def test_a_damaged_file_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    await _open(path)
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xa5" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    bus = await open_bus(BusSettings(path=path))
    with pytest.raises(DataLoss, match="damaged"):
        await bus.ensure_topics(["t"], partitions=1)
    await bus.close()


async def test_a_file_that_others_hold_is_unavailable_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    path = tmp_path / "bus.sqlite3"
    bus = await open_bus(BusSettings(path=path))
    await bus.ensure_topics(["t"], partitions=1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await bus.produce([Record(topic="t", key="k", value=b"1")])
    other.execute("ROLLBACK")
    other.close()
    await bus.produce([Record(topic="t", key="k", value=b"2")])
    assert [message.value async for message in bus.read("t")] == [b"2"]
    await bus.close()


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MicrocoderError, match="cannot be used"):
        await _open(tmp_path / "file" / "bus.sqlite3")


async def test_a_closed_bus_says_so(tmp_path: Path) -> None:
    bus = await open_bus(BusSettings(path=tmp_path / "bus.sqlite3"))
    await bus.close()
    await bus.close()
    with pytest.raises(Unavailable, match="closed"):
        await bus.produce([Record(topic="t", key="k", value=b"")])


async def test_processes_that_are_killed_lose_no_acknowledged_record(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bus.sqlite3"
    names = ["one", "two", "three"]
    logs = [tmp_path / name for name in names]
    processes = []
    for name, log in zip(names, logs, strict=True):  # all at once, on a file that none of them has made yet
        with log.open("wb") as stdout:
            processes.append(subprocess.Popen([sys.executable, "-c", PRODUCER, str(path), name], stdout=stdout))  # noqa: ASYNC220
    async with asyncio.timeout(60):
        while min(log.read_bytes().count(b"\n") for log in logs) < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for process in processes:
        process.kill()
        process.wait()
    bus = await open_bus(BusSettings(path=path))
    kept = [(message.key, int(message.value)) async for message in bus.read("t")]
    await bus.close()
    for name, log in zip(names, logs, strict=True):
        acknowledged = log.read_bytes().count(b"\n")
        numbers = [number for key, number in kept if key == name]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= acknowledged
