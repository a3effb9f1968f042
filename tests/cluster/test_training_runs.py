"""The life of a training run on a real API server. Nodes are simulated: a pod ends after a while, as annotated."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase

from .conftest import Cluster
from .training_bench import LONG, Gate, TrainerBench, has_ended, phase_is, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

COLUMNS = Path(__file__).parents[2] / "deploy" / "training" / "columns.txt"


async def test_a_run_is_made_shown_and_succeeds(bench: TrainerBench, serve: Any, cluster: Cluster) -> None:
    client = await started(bench, serve)
    run_id = await client.create(bench)
    running = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert (running.state, running.job) == (RunState.RUNNING, run_id)
    await bench.report(run_id, 7, 0.4125)
    done = await bench.until(run_id, has_ended)
    assert (done.state, done.phase, done.attempt) == (RunState.SUCCEEDED, TrainingPhase.SUCCEEDED, 1)
    assert await client.get(run_id) == done
    job = await bench.job(run_id)
    assert job is not None
    notes = job["metadata"]["annotations"]
    assert notes["microcoder.dev/progress"] == "step=7/10 reward=0.412"
    assert notes["microcoder.dev/phase"] == "Succeeded"
    assert job["metadata"]["labels"]["microcoder.dev/user"] == "ada"
    shown = cluster.kubectl("get", "jobs", "-n", bench.namespace, "-o", f"custom-columns-file={COLUMNS}")
    assert shown.split()[:4] == ["RUN", "PHASE", "PROGRESS", "ALGORITHM"]
    assert shown.splitlines()[1].split()[:5] == [run_id, "Succeeded", "step=7/10", "reward=0.412", "dapo"]


@pytest.mark.parametrize(("code", "reason"), [("65", "PodFailurePolicy"), ("1", "BackoffLimitExceeded")])
async def test_a_process_that_fails_fails_the_run_with_its_reason(
    bench: TrainerBench, serve: Any, code: str, reason: str
) -> None:
    retries = 3 if reason == "PodFailurePolicy" else 0
    client = await started(bench, serve, backoff_limit=retries, pod_annotations={"kube-local/exit-code": code})
    run_id = await client.create(bench)
    failed = await bench.until(run_id, has_ended)
    assert (failed.state, failed.reason) == (RunState.FAILED, reason)
    assert code in failed.message
    assert len(await bench.pods(run_id)) == 1


async def test_an_evicted_pod_is_replaced_and_counts_as_no_failure(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id = await client.create(bench)
    await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    (pod,) = await bench.pods(run_id)
    name = pod["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": bench.namespace}}
    await bench.request("POST", f"/api/v1/namespaces/{bench.namespace}/pods/{name}/eviction", eviction)
    preempted = await bench.until(run_id, phase_is(TrainingPhase.PREEMPTED))
    assert preempted.state is RunState.RUNNING
    await bench.end_pods(run_id, 143)

    async def replaced() -> bool:
        running = [pod for pod in await bench.pods(run_id) if pod["status"]["phase"] == "Running"]
        return bool(running) and running[0]["metadata"]["name"] != name

    await bench.eventually(replaced)
    again = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert (again.state, again.attempt) == (RunState.RUNNING, 1)


async def test_deleting_the_job_cancels_the_run_and_resuming_makes_another(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id = await client.create(bench)
    await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    await bench.delete_job(run_id)
    cancelled = await bench.until(run_id, has_ended)
    assert (cancelled.state, cancelled.phase) == (RunState.CANCELLED, TrainingPhase.CANCELLED)
    assert "Job was deleted" in cancelled.message
    assert await bench.pods(run_id) == []
    await client.resume(run_id)
    again = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert (again.attempt, again.job) == (2, f"{run_id}-r2")


async def test_cancelling_deletes_the_job(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id = await client.create(bench)
    await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    await client.cancel(run_id)
    assert (await bench.until(run_id, has_ended)).state is RunState.CANCELLED
    assert await bench.job(run_id) is None
    assert await bench.pods(run_id) == []


async def test_suspending_queues_the_run_and_it_goes_on(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id = await client.create(bench)
    await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    await bench.patch_job(run_id, {"spec": {"suspend": True}})
    queued = await bench.until(run_id, phase_is(TrainingPhase.QUEUED))
    assert (queued.state, queued.reason, queued.attempt) == (RunState.PENDING, "Suspended", 1)
    await bench.patch_job(run_id, {"spec": {"suspend": False}})
    assert (await bench.until(run_id, phase_is(TrainingPhase.RUNNING))).state is RunState.RUNNING


async def test_what_happened_while_the_service_was_away_is_seen_after(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations={"kube-local/run-for": "4s"})
    finishes, deleted = await client.create(bench), await client.create(bench)
    for run_id in (finishes, deleted):
        await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    await bench.stop()
    await bench.delete_job(deleted)

    async def complete() -> bool:
        job = await bench.job(finishes)
        return job is not None and bool(job["status"].get("succeeded"))

    await bench.eventually(complete)
    assert (await bench.store.training_runs.get(finishes)).state is RunState.RUNNING
    await bench.start()
    assert (await bench.until(finishes, has_ended)).state is RunState.SUCCEEDED
    assert (await bench.until(deleted, has_ended)).state is RunState.CANCELLED


async def test_a_manifest_that_kubectl_applies_is_an_equal_citizen(
    bench: TrainerBench, serve: Any, cluster: Cluster
) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id, manifest = await client.manifest(bench)
    assert await bench.store.training_runs.find(run_id) is None
    cluster.kubectl("apply", "-f", "-", text=manifest)
    running = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert (running.spec, running.attempt, running.job) == (await bench.spec(), 1, run_id)
    assert "unchanged" in cluster.kubectl("apply", "-f", "-", text=manifest)
    cluster.kubectl("delete", "job", run_id, "-n", bench.namespace)
    assert (await bench.until(run_id, has_ended)).state is RunState.CANCELLED
    cluster.kubectl("apply", "-f", "-", text=manifest)
    again = await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert again.attempt == 2
    job = await bench.job(run_id)
    assert job is not None
    assert job["metadata"]["annotations"]["microcoder.dev/attempt"] == "2"


async def test_an_object_that_makes_no_sense_is_kept_from_running_and_says_why(
    bench: TrainerBench, serve: Any, cluster: Cluster
) -> None:
    client = await started(bench, serve, pod_annotations=LONG)
    run_id, manifest = await client.manifest(bench)
    job = yaml.safe_load(manifest)
    job["metadata"]["annotations"]["microcoder.dev/spec"] = '{"release_id": "r", "model": "m", "group_size": 1}'
    cluster.kubectl("apply", "-f", "-", text=yaml.safe_dump(job))

    async def refused() -> bool:
        found = await bench.job(run_id)
        return found is not None and "microcoder.dev/refused" in found["metadata"]["annotations"]

    await bench.eventually(refused)
    found = await bench.job(run_id)
    assert found is not None
    assert found["spec"]["suspend"] is True
    assert "group_size" in found["metadata"]["annotations"]["microcoder.dev/refused"]
    assert await bench.store.training_runs.find(run_id) is None


async def test_only_pods_with_gpus_go_to_nodes_with_gpus(bench: TrainerBench, serve: Any) -> None:
    client = await started(bench, serve, pod_annotations=LONG, cpu="100m", memory="64Mi")
    with_gpus, without = await client.create(bench, gpus=8), await client.create(bench)
    for run_id in (with_gpus, without):
        await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
    assert [pod["spec"]["nodeName"].rpartition("-")[0] for pod in await bench.pods(with_gpus)] == ["gpu"]
    assert [pod["spec"]["nodeName"].rpartition("-")[0] for pod in await bench.pods(without)] == ["cpu"]
    too_many = await client.create(bench, gpus=9)
    queued = await bench.until(too_many, lambda run: run.reason == "Unschedulable")
    assert (queued.state, queued.phase) == (RunState.PENDING, TrainingPhase.QUEUED)
    assert "nvidia.com/gpu" in queued.message


async def test_a_namespace_that_is_forbidden_is_named(bench: TrainerBench, serve: Any) -> None:
    bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{bench.namespace}/rolebindings"
    await bench.request("DELETE", f"{bindings}/microcoder-trainer")
    await bench.request("POST", bindings, _view_binding(bench.namespace))
    client = await started(bench, serve)
    failed = await bench.until(await client.create(bench), has_ended)
    assert failed.state is RunState.FAILED
    assert f"cannot be made in namespace {bench.namespace}" in failed.message
    assert "Role" in failed.message


async def test_an_api_server_that_is_away_changes_no_state(bench: TrainerBench, serve: Any, tmp_path: Path) -> None:
    target = urlsplit(bench.admin.server)
    gate = Gate(str(target.hostname), int(target.port or 443))
    config = bench.kubeconfig.read_text().replace(f"{target.hostname}:{target.port}", f"127.0.0.1:{gate.port}")
    bench.kubeconfig = tmp_path / "gated"
    bench.kubeconfig.write_text(config)
    try:
        client = await started(bench, serve, pod_annotations=LONG)
        kept, gone = await client.create(bench), await client.create(bench)
        for run_id in (kept, gone):
            await bench.until(run_id, phase_is(TrainingPhase.RUNNING))
        before = await bench.store.training_runs.get(kept)
        gate.shut()
        await bench.delete_job(gone)
        waiting = await client.create(bench)
        await asyncio.sleep(6)
        assert await bench.store.training_runs.get(kept) == before
        assert (await bench.store.training_runs.get(gone)).state is RunState.RUNNING
        assert (await bench.store.training_runs.get(waiting)).state is RunState.PENDING
        gate.open()
        assert (await bench.until(gone, has_ended)).state is RunState.CANCELLED
        assert (await bench.until(waiting, phase_is(TrainingPhase.RUNNING))).attempt == 1
        assert (await bench.store.training_runs.get(kept)).state is RunState.RUNNING
    finally:
        gate.close()


@pytest.mark.parametrize(
    ("verb", "what", "allowed"),
    [
        ("create", "jobs.batch", True),
        ("delete", "jobs.batch", True),
        ("watch", "pods", True),
        ("get", "secrets", False),
        ("list", "secrets", False),
        ("create", "pods", False),
        ("create", "pods/exec", False),
        ("get", "configmaps", False),
        ("create", "rolebindings.rbac.authorization.k8s.io", False),
    ],
)
async def test_the_service_account_can_do_what_it_must_and_nothing_else(
    bench: TrainerBench, cluster: Cluster, verb: str, what: str, allowed: bool
) -> None:
    account = f"system:serviceaccount:{bench.namespace}:microcoder-trainer"
    said = cluster.kubectl("auth", "can-i", verb, what, "--as", account, "-n", bench.namespace, check=False)
    assert said.strip().splitlines()[-1] == ("yes" if allowed else "no")


def _view_binding(namespace: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "view", "namespace": namespace},
        "subjects": [{"kind": "ServiceAccount", "name": "microcoder-trainer", "namespace": namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    }
