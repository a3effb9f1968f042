"""What a person is told when pods do not get ready."""

import json
import os
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from tools.cluster.kubectl import Cluster

NODES = {
    "items": [
        {
            "metadata": {"name": "node-1"},
            "status": {
                "conditions": [
                    {"type": "DiskPressure", "status": "True", "message": "kubelet has disk pressure"},
                    {"type": "MemoryPressure", "status": "False", "message": "kubelet has sufficient memory"},
                ]
            },
        }
    ]
}
EVENTS = {
    "items": [
        {"involvedObject": {"name": "mongodb-0"}, "reason": "FailedCreatePodSandBox", "message": f"try {number}"}
        for number in range(9)
    ]
}
KUBECTL = """#!/bin/sh
case "$*" in
  *"get nodes"*) cat "$FAKE/nodes.json" ;;
  *"get events"*) cat "$FAKE/events.json" ;;
  *) echo "timed out waiting for the condition" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    (tmp_path / "nodes.json").write_text(json.dumps(NODES))
    (tmp_path / "events.json").write_text(json.dumps(EVENTS))
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    return Cluster(namespace="test", environ={"PATH": path, "FAKE": str(tmp_path)})


def test_a_rollout_that_fails_says_what_the_cluster_says(cluster: Cluster) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        cluster.rolled_out("statefulset/mongodb", timeout_s=1)
    said = raised.value.message
    assert "timed out waiting for the condition" in said
    assert "node node-1: DiskPressure: kubelet has disk pressure" in said
    assert "MemoryPressure" not in said
    assert said.count("mongodb-0: FailedCreatePodSandBox: ") == 1
    assert said.endswith("try 8")
