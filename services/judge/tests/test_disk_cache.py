import os
from pathlib import Path

import pytest

from microcoder.judge.adapters.disk_cache import DiskCache


def key(number: int) -> str:
    return f"{number:064x}"


def test_what_was_put_is_there_for_the_next_one(tmp_path: Path) -> None:
    DiskCache(tmp_path / "new", max_bytes=1000).put(key(1), b"data")
    assert DiskCache(tmp_path / "new", max_bytes=1000).get(key(1)) == b"data"
    assert DiskCache(tmp_path / "new", max_bytes=1000).get(key(2)) is None


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=1000)
    for number in range(3):
        cache.put(key(number), bytes(250))
        os.utime(tmp_path / key(number), (number, number))
    assert cache.get(key(0)) is not None
    cache.put(key(3), bytes(250))
    assert [cache.get(key(number)) is not None for number in range(4)] == [True, False, False, True]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_damaged_entries_are_as_good_as_none(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=1000)
    cache.put(key(1), b"data")
    (tmp_path / key(1)).write_bytes((tmp_path / key(1)).read_bytes()[:-1])
    assert cache.get(key(1)) is None
    (tmp_path / key(2)).write_bytes(b"")
    assert cache.get(key(2)) is None


def test_a_folder_that_cannot_be_written_caches_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "folder", max_bytes=1000)
    cache.put(key(1), b"data")
    assert cache.get(key(1)) is None


def test_keys_are_no_paths(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        DiskCache(tmp_path, max_bytes=1000).put("../x", b"data")
