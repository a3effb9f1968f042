"""A Kubernetes API server for tests: the one of MICROCODER_TEST_KUBECONFIG, else a local one with simulated nodes."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from microcoder.cluster import ClusterSettings, Connection, connect

GIVEN = "MICROCODER_TEST_KUBECONFIG"
SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).parents[3] / "shared")
_LOCAL = SHARED / "k8s" / "kube-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that tests may fill, as its administrator sees it."""

    kubeconfig: Path
    simulated: bool
    """Its nodes are simulated (kwok): pods of Jobs end by themselves, as annotations say."""

    def connect(self, namespace: str = "default") -> Connection:
        return connect(ClusterSettings(kubeconfig=self.kubeconfig, namespace=namespace))

    def kubectl(self, *arguments: str, text: str = "", check: bool = True) -> str:
        """Runs kubectl and gives its output, errors included."""
        done = subprocess.run(
            ["kubectl", "--kubeconfig", str(self.kubeconfig), *arguments],
            input=text, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """See `Cluster`; skips with the reason where there is none."""
    given = os.environ.get(GIVEN)
    if given:
        yield Cluster(kubeconfig=Path(given), simulated=False)
        return
    if not _LOCAL.exists():
        pytest.skip(f"needs a cluster: {GIVEN}=<kubeconfig>, or the local one at {_LOCAL}")
    folder = tmp_path_factory.mktemp("cluster")
    before = dict(os.environ)
    up = subprocess.run([_LOCAL, "up", "--dir", folder], capture_output=True, text=True, check=False, timeout=300)
    assert up.returncode == 0, up.stderr
    os.environ |= _exported(up.stdout)
    try:
        yield Cluster(kubeconfig=folder / "kubeconfig", simulated=True)
    finally:
        subprocess.run([_LOCAL, "down", "--dir", folder], check=False, timeout=120, capture_output=True)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace with the Pod Security Standard `restricted` enforced."""
    name = f"test-{secrets.token_hex(4)}"
    connection = cluster.connect()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    connection.request("POST", "/api/v1/namespaces", body=body)
    yield name
    connection.request("DELETE", f"/api/v1/namespaces/{name}")
    connection.close()


def _exported(script: str) -> dict[str, str]:
    """The variables that `export NAME=value` lines of a shell set, PATH among them."""
    out = subprocess.run(
        ["bash", "-c", f"{script}\nenv -0"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    return dict(pair.split("=", 1) for pair in out.split("\0") if "=" in pair)
