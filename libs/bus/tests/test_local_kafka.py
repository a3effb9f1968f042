"""Bringing a local Kafka, as far as it needs no network."""

import subprocess
import sys
from pathlib import Path

import pytest

from microcoder.bus import local_kafka
from microcoder.bus.local_kafka import jars
from microcoder.core.errors import DataLoss, FailedPrecondition


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "there is no Java" in local_kafka.missing_tools()
    with pytest.raises(FailedPrecondition, match="install"):
        local_kafka.fetch()


def test_without_maven_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "java_version", lambda: 21)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "mvn" in local_kafka.missing_tools()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "java_version", lambda: 11)
    assert "Java 11 is too old" in local_kafka.missing_tools()


def test_jars_that_are_not_those_pinned_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def copy(staging: Path) -> Path:
        folder = staging / "jars"
        folder.mkdir()
        for name in jars._pinned():
            (folder / name).write_bytes(b"something else")
        return folder

    monkeypatch.setattr(jars, "missing_tools", lambda: "")
    monkeypatch.setattr(jars, "copy_jars", copy)
    with pytest.raises(DataLoss, match=r"kafka-clients.*\.jar"):
        local_kafka.fetch()
    assert not jars.jar_folder().exists()


def test_every_pin_names_a_version() -> None:
    assert len(jars._pinned()) > 30
    assert all(name.endswith(".jar") and len(digest) == 64 for name, digest in jars._pinned().items())


def test_status_of_nothing_is_an_exit_status(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "microcoder.bus.local_kafka", "status", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "no Kafka runs" in done.stdout
