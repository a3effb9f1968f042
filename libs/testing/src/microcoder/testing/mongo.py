"""A MongoDB for tests: the one of MICROCODER_TEST_MONGODB, else a private mongod for this test process."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.store import local_mongod

GIVEN = "MICROCODER_TEST_MONGODB"

_FIXTURES = frozenset({"mongodb_uri", "mongod"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a mongod, so that `-m "not mongo"` leaves it out."""
    for item in items:
        if _FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.mongo)


@pytest.fixture(scope="session")
def mongodb_uri() -> Iterator[str]:
    """Connection string of a MongoDB that tests may fill."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    folder = _fresh_folder()
    process = start_or_skip(folder)
    try:
        yield process.uri
    finally:
        process.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[local_mongod.MongodProcess]:
    """A mongod of the test's own, to kill and restart."""
    process = start_or_skip(tmp_path / "mongod")
    try:
        yield process
    finally:
        process.stop()


def start_or_skip(folder: Path) -> local_mongod.MongodProcess:
    """A mongod on `folder`; skips the test with the reason where this machine has none."""
    try:
        return local_mongod.start(folder, port=free_port())
    except FailedPrecondition as error:
        pytest.skip(f"{error.message} Tests also take {GIVEN}=mongodb://host:port.")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fresh_folder() -> Path:
    """A folder beside those of other test processes; clears away what killed ones left running."""
    parent = Path(tempfile.gettempdir()) / f"microcoder-test-mongod-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    for old in parent.iterdir():
        if (old / "mongod.lock").exists() and local_mongod.clear_leftover(old):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=parent))
