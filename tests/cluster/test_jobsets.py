"""Runs on several nodes with JobSet's own controller and its webhooks, on simulated nodes.

Skipped unless MICROCODER_TEST_JOBSET names that controller, as `go build .` makes it in JobSet's repository.
"""

import base64
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microcoder.cli.local.plan import free_ports
from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase
from microcoder.testing.certificates import Authority

from .api_server import Program
from .conftest import SHARED, Cluster
from .training_bench import LONG, Json, TrainerBench, has_ended, phase_is, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CONTROLLER = "MICROCODER_TEST_JOBSET"
CRDS = SHARED / "k8s" / "crds" / "jobset"
_UP_S = 60.0
_HOST = "127.0.0.1"


@pytest.fixture(scope="session")
def jobsets(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The cluster has JobSet."""
    program = os.environ.get(CONTROLLER)
    if not program:
        pytest.skip(f"needs JobSet's controller: {CONTROLLER}=<program>")
    if not cluster.simulated or not CRDS.exists():
        pytest.skip(f"needs the local cluster, and JobSet's CRD in {CRDS}")
    folder = tmp_path_factory.mktemp("jobset")
    certificates = Authority(folder / "certificates")
    webhook, health = free_ports(2)
    cluster.define(CRDS, "jobsets.jobset.x-k8s.io")
    configuration = _configuration(folder, certificates, webhook, health)
    controller = Program.start(
        [program, "--kubeconfig", str(cluster.kubeconfig), "--config", str(configuration)], folder / "log"
    )
    try:
        _wait_ready(health, controller)
        for kind in ("Mutating", "Validating"):
            hooks = _webhooks(kind, f"https://{_HOST}:{webhook}", certificates.certificate)
            cluster.kubectl("apply", "--filename", "-", text=json.dumps(hooks))
        yield
    finally:
        for kind in ("mutating", "validating"):
            cluster.kubectl("delete", f"{kind}webhookconfiguration", "jobset", "--ignore-not-found")
        controller.stop()


def _configuration(folder: Path, certificates: Authority, webhook: int, health: int) -> Path:
    pair = certificates.issue(_HOST)
    served = folder / "served"
    served.mkdir()
    (served / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (served / "tls.key").write_bytes(pair.key.read_bytes())
    file = folder / "configuration.json"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
                "kind": "Configuration",
                "webhook": {"host": _HOST, "port": webhook, "certDir": str(served)},
                "internalCertManagement": {"enable": False},
                "leaderElection": {"leaderElect": False},
                "metrics": {"bindAddress": "0"},
                "health": {"healthProbeBindAddress": f"{_HOST}:{health}"},
            }
        )
    )
    return file


def _wait_ready(health: int, controller: Program) -> None:
    end = time.monotonic() + _UP_S
    while time.monotonic() < end and not controller.ended:
        try:
            with urllib.request.urlopen(f"http://{_HOST}:{health}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(controller.log.read_text()[-3000:])


def _webhooks(kind: str, url: str, authority: Path) -> Json:
    """As JobSet's own manifests register them, reached without a service."""
    verb = {"Mutating": "mutate", "Validating": "validate"}[kind]
    operations = {"Mutating": ["CREATE"], "Validating": ["CREATE", "UPDATE"]}[kind]
    rules = {
        "jobset": {
            "apiGroups": ["jobset.x-k8s.io"],
            "apiVersions": ["v1alpha2"],
            "operations": operations,
            "resources": ["jobsets"],
        },
        "pod": {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]},
    }
    paths = {"jobset": f"/{verb}-jobset-x-k8s-io-v1alpha2-jobset", "pod": f"/{verb}--v1-pod"}
    bundle = base64.b64encode(authority.read_bytes()).decode()
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": "jobset"},
        "webhooks": [
            {
                "name": f"{name}.jobset.example.org",
                "clientConfig": {"url": url + paths[name], "caBundle": bundle},
                "rules": [rule],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
            for name, rule in rules.items()
        ],
    }


def path_of(bench: TrainerBench, name: str) -> str:
    return f"/apis/jobset.x-k8s.io/v1alpha2/namespaces/{bench.namespace}/jobsets/{name}"


@pytest.mark.usefixtures("jobsets")
class TestRuns:
    """Two nodes each."""

    async def test_one_jobset_has_a_pod_for_each_node_and_ends_well(self, bench: TrainerBench, serve: Any) -> None:
        client = await started(bench, serve, jobsets=True, pod_annotations={"kube-local/run-for": "3s"})
        run_id = await client.create(bench, nodes=2)
        running = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
        assert (running.job, running.attempt) == (run_id, 1)
        places = [
            pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]
            for pod in await bench.pods(run_id)
        ]
        assert sorted(places) == ["0", "1"]
        assert (await bench.until(run_id, has_ended)).state is RunState.SUCCEEDED

    async def test_a_permanent_error_ends_it_without_a_restart(self, bench: TrainerBench, serve: Any) -> None:
        client = await started(
            bench, serve, jobsets=True, backoff_limit=3, pod_annotations={"kube-local/exit-code": "65"}
        )
        run_id = await client.create(bench, nodes=2)
        failed = await bench.until(run_id, has_ended)
        assert failed.state is RunState.FAILED
        jobset = await bench.request("GET", path_of(bench, run_id))
        assert jobset["status"].get("restarts", 0) == 0

    async def test_another_error_starts_all_pods_again_as_often_as_is_allowed(
        self, bench: TrainerBench, serve: Any
    ) -> None:
        client = await started(
            bench, serve, jobsets=True, backoff_limit=1, pod_annotations={"kube-local/exit-code": "1"}
        )
        run_id = await client.create(bench, nodes=2)
        failed = await bench.until(run_id, has_ended, seconds=90)
        assert failed.state is RunState.FAILED
        jobset = await bench.request("GET", path_of(bench, run_id))
        assert jobset["status"]["restarts"] == 1

    async def test_suspending_queues_it_and_it_goes_on(self, bench: TrainerBench, serve: Any) -> None:
        client = await started(bench, serve, jobsets=True, pod_annotations=LONG)
        run_id = await client.create(bench, nodes=2)
        await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
        await bench.request("PATCH", path_of(bench, run_id), {"spec": {"suspend": True}})
        queued = await bench.until(run_id, phase_is(TrainingPhase.QUEUED))
        assert (queued.state, queued.attempt) == (RunState.PENDING, 1)
        await bench.request("PATCH", path_of(bench, run_id), {"spec": {"suspend": False}})
        assert (await bench.until(run_id, phase_is(TrainingPhase.RUNNING))).state is RunState.RUNNING

    async def test_deleting_it_cancels_the_run_and_cancelling_deletes_it(self, bench: TrainerBench, serve: Any) -> None:
        client = await started(bench, serve, jobsets=True, pod_annotations=LONG)
        deleted, cancelled = await client.create(bench, nodes=2), await client.create(bench, nodes=2)
        for run_id in (deleted, cancelled):
            await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
        await bench.request("DELETE", path_of(bench, deleted), {"propagationPolicy": "Background"})
        await client.cancel(cancelled)
        for run_id in (deleted, cancelled):
            assert (await bench.until(run_id, has_ended)).state is RunState.CANCELLED

            async def no_pods(run_id: str = run_id) -> bool:
                return await bench.pods(run_id) == []

            await bench.eventually(no_pods)

    async def test_a_manifest_that_kubectl_applies_is_adopted(
        self, bench: TrainerBench, serve: Any, cluster: Cluster
    ) -> None:
        client = await started(bench, serve, jobsets=True, pod_annotations=LONG)
        run_id, manifest = await client.manifest(bench, nodes=2)
        cluster.kubectl("apply", "-f", "-", text=manifest)
        running = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
        assert running.placement.nodes == 2
        cluster.kubectl("delete", "jobset", run_id, "-n", bench.namespace)
        assert (await bench.until(run_id, has_ended)).state is RunState.CANCELLED
