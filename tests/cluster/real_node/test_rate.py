"""Many small problems at once: all arrive. Says how long they take; `python -m tests.bench path` is the peer."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bench.path import write_package
from tests.cluster.real_node.support import Platform
from tools.cluster.feed import Round, feed_files, packages_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

PROBLEMS = 100


def test_a_hundred_problems_at_once_are_all_scored(platform: Platform, tmp_path: Path) -> None:
    for number in range(1, PROBLEMS + 1):
        write_package(tmp_path, number)
    over = Round(id="rate", end_time=datetime.now(UTC) - timedelta(hours=1), packages=packages_in(tmp_path))
    url = platform.contests.publish("rate", feed_files([over]))
    started = time.monotonic()
    platform.cli("feed", "add", url)
    found = platform.wait_settled(platform.contests.source("rate"), PROBLEMS, timeout_s=1500)
    took = time.monotonic() - started
    print(f"{PROBLEMS} problems in {took:.1f} s, {PROBLEMS / took:.2f} a second, with their download")
    assert {item["state"] for item in found.values()} == {"STAGE_SCORED"}
