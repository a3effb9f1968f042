"""Pods that are killed and a node that is drained, under load: nothing is lost, nothing is done twice."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from microcoder.testing.packages import kattis_package, zip_bytes
from tests.cluster.real_node.support import SERVICES, Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

PROBLEMS = 24
STAGES = ["STAGE_COLLECTED", "STAGE_NORMALIZED", "STAGE_VERIFIED", "STAGE_SCORED"]
KILL_ALL = ("sh", "-c", "kill -9 -1")
"""In a container: everything but its init, which then ends as well."""
NODE = "real-0"


def feed_of_many(prefix: str, count: int) -> dict[str, bytes]:
    """A feed whose problems differ in statement, samples and answers."""
    files = {}
    for number in range(count):
        shift = number + 1 + len(prefix) * 100
        statement = f"\\problemname{{{prefix} {number}}}\nAdd two numbers and {shift}. " + f"Word{prefix}{number} " * 30
        tests = {"data/sample/1": (1, 2), "data/secret/01": (10, 20), "data/secret/02": (100, -7)}
        data: dict[str, str | bytes | None] = {"problem_statement/problem.en.tex": statement}
        for path, (a, b) in tests.items():
            data |= {f"{path}.in": f"{a} {b}\n", f"{path}.ans": f"{a + b + shift}\n"}
        right = f"a, b = map(int, input().split())\nprint(a + b + {shift})\n"
        data["submissions/accepted/sum.py"] = right
        files[f"{prefix}-{number}.zip"] = zip_bytes(kattis_package(title=f"{prefix} {number}", files=data))
    problems = [{"id": name.removesuffix(".zip"), "url": name} for name in files]
    return {**files, "feed.json": json.dumps({"contests": [{"id": prefix, "problems": problems}]}).encode()}


def assert_each_step_once(platform: Platform, found: Mapping[str, Mapping[str, Any]]) -> None:
    assert {item["state"] for item in found.values()} == {"STAGE_SCORED"}
    for problem in found:
        stages = [entry["stage"] for entry in platform.cli("trace", problem)]
        assert stages == STAGES, f"{problem}: {Counter(stages)}"


@pytest.mark.parametrize("victim", SERVICES[:4])
def test_a_killed_process_loses_and_repeats_nothing(platform: Platform, victim: str) -> None:
    """The scraper, normalizer, judge or scorer is killed (SIGKILL) twice while a contest is on its way."""
    name = f"kill-{victim}"
    platform.cli("feed", "add", platform.contests.publish(name, feed_of_many(name, PROBLEMS // 2)))
    source = platform.contests.source(name)
    for share in (1, PROBLEMS // 4):
        platform.wait_progress(source, share, timeout_s=600)
        (pod,) = platform.pods(victim)
        platform.cluster.kubectl("exec", pod["metadata"]["name"], "--", *KILL_ALL, check=False)
    found = platform.wait_settled(source, PROBLEMS // 2, timeout_s=1200)
    restarts = [
        status["restartCount"] for pod in platform.pods(victim) for status in pod["status"]["containerStatuses"]
    ]
    assert sum(restarts) >= 1
    assert_each_step_once(platform, found)


def test_kafka_and_mongod_killed_under_load(platform: Platform) -> None:
    name = "kill-store-and-bus"
    platform.cli("feed", "add", platform.contests.publish(name, feed_of_many(name, PROBLEMS)))
    source = platform.contests.source(name)
    for share, pod in ((1, "mongodb-0"), (PROBLEMS // 3, "kafka-0")):
        platform.wait_progress(source, share, timeout_s=600)
        platform.cluster.kubectl("delete", "pod", pod, "--grace-period=0", "--force", timeout_s=600)
    found = platform.wait_settled(source, PROBLEMS, timeout_s=1200)
    assert_each_step_once(platform, found)


def test_a_drained_node_loses_and_repeats_nothing(platform: Platform) -> None:
    """All pods of the release are evicted at once while a contest is on its way; store and bus stay."""
    platform.cli("feed", "add", platform.contests.publish("drain", feed_of_many("drain", PROBLEMS)))
    source = platform.contests.source("drain")
    platform.wait_progress(source, PROBLEMS // 4, timeout_s=600)
    before = {pod["metadata"]["name"] for pod in platform.pods()}
    try:
        platform.cluster.kubectl(
            "drain", NODE, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s",
            f"--pod-selector=app.kubernetes.io/instance={platform.release}", timeout_s=200,
        )  # fmt: skip
        assert platform.pods() == []
    finally:
        platform.cluster.kubectl("uncordon", NODE)
    found = platform.wait_settled(source, PROBLEMS, timeout_s=1200)
    assert before.isdisjoint(pod["metadata"]["name"] for pod in platform.pods())
    assert_each_step_once(platform, found)


def test_no_message_is_dead(platform: Platform) -> None:
    assert platform.cli_in_cluster("dlq", "list") == []
