import os
import subprocess
import sys
from pathlib import Path

from microcoder.scraper.adapters.scratch import remove_stale, scratch_folder


def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [f"microcoder-scraper-{dead.pid}-a", f"microcoder-scraper-{os.getpid()}-b"]
    others = [f"microcoder-scraper-{os.getppid()}-c", "microcoder-scraper-notes", "something-else"]
    for name in (*left, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    assert sorted(remove_stale(tmp_path)) == sorted(left)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_scratch_folder_goes_with_its_context(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as name:
        assert Path(name).parent == tmp_path
    assert list(tmp_path.iterdir()) == []
