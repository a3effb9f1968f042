"""Several processes of one pod: real ones, of a small program."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from microcoder.trainer.domain.ranks import Group, exit_code_of

PARENT = """
import sys
from microcoder.trainer.domain.ranks import Group
from microcoder.trainer.train.ranks import run_group
sys.exit(run_group(Group(processes=2), [sys.argv[2]], grace_s=1.0, entry=[sys.executable, sys.argv[1]]))
"""
CHILD = """
import os, pathlib, signal, sys, time
rank = os.environ["RANK"]
folder, plan = pathlib.Path(__file__).parent, sys.argv[1]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143) if plan != "deaf" or rank == "0" else None)
(folder / f"started-{rank}").write_text(str(os.getpid()))
if plan == "finish":
    sys.exit(0)
if plan == "fails" and rank == "1":
    sys.exit(65)
time.sleep(60)
"""


def test_every_process_of_the_run_has_a_place_of_its_own() -> None:
    group = Group.of(4, {"NNODES": "3", "JOB_COMPLETION_INDEX": "2"})
    made = [group.environment(rank, {"MASTER_ADDR": "run-trainer-0-0.run"}) for rank in range(4)]
    assert [item["RANK"] for item in made] == ["8", "9", "10", "11"]
    assert {(item["WORLD_SIZE"], item["MASTER_ADDR"]) for item in made} == {("12", "run-trainer-0-0.run")}
    assert Group.of(1, {"JOB_COMPLETION_INDEX": "0"}).single


@pytest.mark.parametrize(("codes", "code"), [([0, 0], 0), ([65, 143], 65), ([143, 143], 143), ([0, -9], 137)])
def test_the_first_error_tells_what_happened(codes: list[int], code: int) -> None:
    assert exit_code_of(codes) == code


def start(folder: Path, plan: str) -> subprocess.Popen[bytes]:
    child = folder / "child.py"
    child.write_text(CHILD)
    return subprocess.Popen([sys.executable, "-c", PARENT, str(child), plan])


def await_start(folder: Path) -> None:
    give_up = time.monotonic() + 30
    while len(list(folder.glob("started-*"))) < 2:
        assert time.monotonic() < give_up
        time.sleep(0.05)


@pytest.mark.parametrize(("plan", "code"), [("finish", 0), ("fails", 65)])
def test_a_group_ends_with_what_its_processes_ended_with(tmp_path: Path, plan: str, code: int) -> None:
    assert start(tmp_path, plan).wait(30) == code


@pytest.mark.parametrize("plan", ["wait", "deaf"])
def test_sigterm_goes_on_to_all_and_none_outlives_its_grace(tmp_path: Path, plan: str) -> None:
    parent = start(tmp_path, plan)
    await_start(tmp_path)
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(30) == 143
    for child in tmp_path.glob("started-*"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(child.read_text()), 0)
