"""`microcoder doctor --cluster` against a real API server: what it finds, and what it says to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import Cluster

pytestmark = pytest.mark.timeout(120)


def doctor(cluster: Cluster, namespace: str, *arguments: str) -> tuple[int, dict[str, dict[str, object]]]:
    """Its exit code and its findings by part."""
    done = subprocess.run(
        [sys.executable, "-m", "microcoder.cli", "doctor", "--cluster", "-n", namespace, "--json", *arguments],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    return done.returncode, {item["part"]: item for item in found}


def test_a_cluster_that_has_what_is_asked_for_is_fine(cluster: Cluster, namespace: str) -> None:
    code, found = doctor(cluster, namespace)
    assert code == 0
    assert found["API server"]["ok"]
    assert found["permissions"]["ok"]
    assert "enforces restricted" in str(found["namespace"]["message"])


def test_what_the_values_ask_for_and_the_cluster_lacks_is_told_with_what_to_do(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(
        """
        mongodb: {existingSecret: mongodb, uriKey: uri}
        kafka: {existingSecret: kafka}
        tls: {source: certManager, issuerRef: {name: x}}
        training: {gpus: 64, runs: {existingClaim: runs}}
        sandbox: {pool: {required: true, value: nowhere}, seccomp: {type: Unconfined}}
        """
    )
    cluster.kubectl("-n", namespace, "create", "secret", "generic", "kafka", "--from-literal=username=u")
    code, found = doctor(cluster, namespace, "-f", str(values))
    assert code == 1
    expected = {
        "Secret mongodb": f"kubectl -n {namespace} create secret generic mongodb --from-literal=uri=",
        "Secret kafka": "lacks the key password",
        "cert-manager": "install it",
        "GPU nodes": "nvidia.com/gpu",
        "judge nodes": "kubectl label node NODE microcoder.dev/pool=nowhere",
        "claim runs": "not there",
        "namespace": "pod-security.kubernetes.io/enforce=privileged",
    }
    for part, words in expected.items():
        assert not found[part]["ok"], part
        assert found[part]["needed"], part
        assert words in str(found[part]["message"]), part


def test_a_server_that_does_not_answer_is_one_clear_error(cluster: Cluster, tmp_path: Path) -> None:
    broken = tmp_path / "kubeconfig"
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    for item in config["clusters"]:
        item["cluster"]["server"] = "https://127.0.0.1:1"
    broken.write_text(yaml.safe_dump(config))
    away = Cluster(kubeconfig=broken, simulated=True)
    code, found = _error(away)
    assert code == 1
    assert "does not answer" in found


def _error(cluster: Cluster) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "microcoder.cli", "doctor", "--cluster"],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return done.returncode, " ".join(done.stderr.split())
