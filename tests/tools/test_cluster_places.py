"""Images get to the cluster of this machine, from docker in one archive."""

from pathlib import Path

import pytest

from tools.cluster.kubectl import Cluster
from tools.cluster.local import KubeLocal
from tools.cluster.places import Place
from tools.images.builder import Builder

SAVE = '#!/bin/sh\necho "$@" >> "$(dirname "$0")/saved"\n'
LOAD = '#!/bin/sh\necho "$@" >> "$(dirname "$0")/loaded"\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(
        cluster=Cluster(namespace="any"),
        local=KubeLocal(_program(tmp_path / "kube-local", LOAD), tmp_path / "cluster"),
        registry="",
    )


def _program(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_what_images_share_is_written_and_loaded_once(place: Place, tmp_path: Path) -> None:
    builder = Builder(str(_program(tmp_path / "docker", SAVE)))
    place.bring(builder, ["microcoder/training:1", "microcoder/llm:1"], print)
    (saved,), (loaded,) = _lines(tmp_path / "saved"), _lines(tmp_path / "loaded")
    assert saved[3:] == ["microcoder/training:1", "microcoder/llm:1"]
    assert loaded[-1] == saved[2]


def test_nothing_is_loaded_where_all_is_there(place: Place, tmp_path: Path) -> None:
    place.bring(Builder(str(_program(tmp_path / "docker", SAVE))), [], print)
    assert _lines(tmp_path / "saved") == _lines(tmp_path / "loaded") == []


def test_buildah_writes_an_archive_for_each(place: Place, tmp_path: Path) -> None:
    place.bring(Builder(str(_program(tmp_path / "buildah", SAVE))), ["a:1", "b:1"], print)
    (loaded,) = _lines(tmp_path / "loaded")
    assert [line[:2] for line in _lines(tmp_path / "saved")] == [["push", "a:1"], ["push", "b:1"]]
    assert [line[2] for line in _lines(tmp_path / "saved")] == [
        f"docker-archive:{archive}:{tag}" for archive, tag in zip(loaded[-2:], ["a:1", "b:1"], strict=True)
    ]
