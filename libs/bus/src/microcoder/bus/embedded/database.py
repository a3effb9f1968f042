"""The file: how it is opened, what is in it, what its errors mean.

Durability. The log is in WAL mode. A connection that appends records has `synchronous=FULL`: the WAL is flushed to the
disk at each commit, so an acknowledged record survives the process and the power. A consumer's connection has
`synchronous=NORMAL`: its commits (offsets, memberships) survive the process; a power cut may undo the last of them,
which repeats records and loses none.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from microcoder.core.errors import DataLoss, FailedPrecondition, MicrocoderError, Unavailable

FORMAT_VERSION = 1
"""Version of the tables below; kept in the file's `user_version`."""
APPLICATION_ID = 0x4D43_4255
"""Marks the file as one of ours ("MCBU"); kept in the file's `application_id`."""
BUSY_TIMEOUT_S = 5.0
"""How long a transaction waits for another process's before it fails. Transactions here take milliseconds."""
OFFSET_BITS = 40
"""A record's row id is `partition id << OFFSET_BITS | offset`: one B-tree, scanned by range, without an index."""

_TABLES = """
CREATE TABLE partitions (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, number)
);
CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    headers TEXT NOT NULL,
    time_ms INTEGER NOT NULL
);
CREATE TABLE groups (
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE members (
    group_name TEXT NOT NULL,
    member TEXT NOT NULL,
    topics TEXT NOT NULL,
    deadline_ms INTEGER NOT NULL,
    PRIMARY KEY (group_name, member)
) WITHOUT ROWID;
CREATE TABLE claims (
    group_name TEXT NOT NULL,
    partition_id INTEGER NOT NULL REFERENCES partitions (id),
    target TEXT,
    owner TEXT,
    PRIMARY KEY (group_name, partition_id)
) WITHOUT ROWID;
CREATE TABLE commits (
    group_name TEXT NOT NULL,
    partition_id INTEGER NOT NULL REFERENCES partitions (id),
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, partition_id)
) WITHOUT ROWID;
"""


def connect(path: Path, *, synchronous: Literal["FULL", "NORMAL"]) -> sqlite3.Connection:
    """Opens the log at `path`, creating it and its folder where they do not exist.

    Raises:
        FailedPrecondition: The file is something else, or of another format version.
        DataLoss: The file is damaged.
        Unavailable: It cannot be opened now.
    """
    with sqlite_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, synchronous)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction: the lock is taken at its start, so that what it reads is still so when it writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Says SQLite's errors in the domain's words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the bus file {path} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise Unavailable(f"the bus file {path} cannot be used: {error.strerror}") from error


def _prepare(connection: sqlite3.Connection, path: Path, synchronous: str) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        _create(connection, path)
    _check_format(connection, path)
    connection.execute(f"PRAGMA synchronous = {synchronous}")


def _create(connection: sqlite3.Connection, path: Path) -> None:
    _set_wal(connection)
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] != 0:
            return  # another process was first
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise _foreign(path)
        for statement in filter(str.strip, _TABLES.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def _set_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait by its busy timeout here, and several processes may start on a new file at once.
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise _foreign(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT_VERSION:
        raise FailedPrecondition(
            f"the bus file {path} has format version {version} and this program reads {FORMAT_VERSION}; "
            "use the program version that wrote it, or name another file",
            reason="BUS_FORMAT_VERSION",
        )


def _foreign(path: Path) -> FailedPrecondition:
    return FailedPrecondition(f"{path} is a SQLite file but not a bus; name another file", reason="BUS_FORMAT_VERSION")


def _damaged(path: Path, error: sqlite3.DatabaseError) -> MicrocoderError:
    if "not a database" in str(error):
        return FailedPrecondition(f"{path} is not a SQLite file; name another file", reason="BUS_FORMAT_VERSION")
    return DataLoss(f"the bus file {path} is damaged: {error}; put it aside and start with another")
