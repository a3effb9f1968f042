"""A Kubernetes API server for tests. What the environment names is taken before the local one with simulated nodes.

1. MICROCODER_TEST_KUBECONFIG, a kubeconfig file.
2. KUBECONFIG, with MICROCODER_TEST_CLUSTER=1 alone: tests make and delete namespaces, and a person's may be production.
3. KUBEBUILDER_ASSETS, envtest's folder of programs: an API server of our own, without controllers.
4. The local one. Where there is none either, tests skip and say so.
"""

import asyncio
import json
import os
import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from microcoder.cluster import ClusterSettings, Connection, connect
from microcoder.store import Store

from .api_server import Program, api_server, missing_programs
from .training_bench import TrainerBench, trainer_kubeconfig

GIVEN = "MICROCODER_TEST_KUBECONFIG"
CONSENT = "MICROCODER_TEST_CLUSTER"
ASSETS = "KUBEBUILDER_ASSETS"
SHARED = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).parents[3] / "shared")
_DEFINED_S = 90.0
_LOCAL = SHARED / "k8s" / "kube-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that tests may fill, as its administrator sees it."""

    kubeconfig: Path
    simulated: bool
    """Its nodes are simulated (kwok): pods of Jobs end by themselves, as annotations say."""
    controllers: bool = True
    """Whether anything acts on objects: Jobs get pods, namespaces an account, deleted namespaces end."""
    server: Program | None = None
    """The API server's process, where it belongs to the tests."""

    def connect(self, namespace: str = "default") -> Connection:
        return connect(ClusterSettings(kubeconfig=self.kubeconfig, namespace=namespace))

    def require_controllers(self) -> None:
        """Skips where there is an API server and nothing else."""
        if not self.controllers:
            pytest.skip("needs controllers and a scheduler; here is an API server alone")

    def define(self, definitions: Path, *names: str) -> None:
        """Applies the custom resource definitions in a folder and waits until those of these names are served."""
        self.kubectl("apply", "--server-side", "--filename", str(definitions))
        end = time.monotonic() + _DEFINED_S
        for name in names:
            wait = ("wait", "--for=condition=Established", f"crd/{name}", "--timeout=60s")
            while "condition met" not in self.kubectl(*wait, check=False):  # fails before there is any condition
                assert time.monotonic() < end, f"{name} is not served"
                time.sleep(0.1)

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
    given, assets = given_kubeconfig(os.environ), os.environ.get(ASSETS)
    if given is not None:
        yield Cluster(kubeconfig=given, simulated=False)
    elif assets:
        yield from _bare(Path(assets), tmp_path_factory.mktemp("api-server"))
    elif _LOCAL.exists():
        yield from _local(tmp_path_factory.mktemp("cluster"))
    else:
        pytest.skip(nothing_found(os.environ))


def given_kubeconfig(environ: Mapping[str, str]) -> Path | None:
    """The file that the tests were given on purpose, None for none."""
    if given := environ.get(GIVEN):
        return Path(given)
    usual = environ.get("KUBECONFIG")
    return Path(usual) if usual and environ.get(CONSENT) == "1" else None


def nothing_found(environ: Mapping[str, str]) -> str:
    """Why tests are skipped, with what to do."""
    wanted = f"needs a cluster: {GIVEN}=<kubeconfig>, {ASSETS}=<folder>, or the local one at {_LOCAL}"
    return f"{wanted}; KUBECONFIG is taken with {CONSENT}=1 only" if environ.get("KUBECONFIG") else wanted


def _bare(assets: Path, folder: Path) -> Iterator[Cluster]:
    if missing := missing_programs(assets):
        pytest.skip(f"{ASSETS}={assets} lacks {', '.join(missing)}")
    with pytest.MonkeyPatch.context() as patch, api_server(assets, folder) as (kubeconfig, server):
        patch.setenv("PATH", str(assets), prepend=os.pathsep)
        yield Cluster(kubeconfig=kubeconfig, simulated=False, controllers=False, server=server)


def _local(folder: Path) -> Iterator[Cluster]:
    before = dict(os.environ)
    up = subprocess.run([_LOCAL, "up", "--dir", folder], capture_output=True, text=True, check=False, timeout=300)
    assert up.returncode == 0, up.stderr
    os.environ |= _exported(up.stdout)
    pid = json.loads((folder / "run" / "kube-apiserver.json").read_text())["pid"]
    server = Program.found(pid, folder / "logs" / "kube-apiserver.log")
    try:
        yield Cluster(kubeconfig=folder / "kubeconfig", simulated=True, server=server)
    finally:
        subprocess.run([_LOCAL, "down", "--dir", folder], check=False, timeout=120, capture_output=True)
        server.stop()
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


@pytest_asyncio.fixture
async def bench(
    cluster: Cluster, namespace: str, store: Store, runtime: Any, tmp_path: Path
) -> AsyncIterator[TrainerBench]:
    if not cluster.simulated:
        pytest.skip("needs simulated nodes, on which pods do as they are annotated")
    admin = cluster.connect(namespace)
    account = await asyncio.to_thread(trainer_kubeconfig, admin, cluster.kubeconfig, namespace, tmp_path)
    made = TrainerBench(store=store, make_runtime=runtime, admin=admin, kubeconfig=account, namespace=namespace)
    yield made
    await made.stop()


def _exported(script: str) -> dict[str, str]:
    """The variables that `export NAME=value` lines of a shell set, PATH among them."""
    out = subprocess.run(
        ["bash", "-c", f"{script}\nenv -0"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    return dict(pair.split("=", 1) for pair in out.split("\0") if "=" in pair)
