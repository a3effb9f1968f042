"""A release from its install to its end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .chart import CHART, MINIMAL, Helm, eventually
from .conftest import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SERVICES = {"scraper", "normalizer", "judge", "scorer", "trainer", "evaluator"}
KEPT_KINDS = (
    "deployments", "jobs", "pods", "services", "configmaps", "secrets", "serviceaccounts", "roles", "rolebindings",
    "networkpolicies", "poddisruptionbudgets", "persistentvolumeclaims", "horizontalpodautoscalers",
)  # fmt: skip


@pytest.fixture
def helm(cluster: Cluster, namespace: str) -> Iterator[Helm]:
    cluster.require_controllers()
    made = Helm(cluster=cluster, namespace=namespace)
    made.make_secret()
    yield made
    made.run("uninstall", "mc", "--ignore-not-found", "--no-hooks")


@pytest.fixture(scope="module")
def previous(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of the chart with an older version, and one object that the newer one has no more."""
    folder = tmp_path_factory.mktemp("previous")
    shutil.copytree(CHART, folder / "microcoder")
    about = yaml.safe_load((folder / "microcoder/Chart.yaml").read_text())
    (folder / "microcoder/Chart.yaml").write_text(yaml.safe_dump({**about, "version": "0.0.9", "appVersion": "0.0.9"}))
    (folder / "microcoder/templates/gone.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\ndata: {}\n"
    )
    Helm(cluster=cluster, namespace="default").run("package", str(folder / "microcoder"), "--destination", str(folder))
    return folder / "microcoder-0.0.9.tgz"


def images(helm: Helm) -> set[str]:
    found = helm.get("deployments")["items"]
    return {item["spec"]["template"]["spec"]["containers"][0]["image"] for item in found}


def credentials(helm: Helm) -> dict[str, dict[str, str]]:
    """Data of the Secrets that the chart makes."""
    found = helm.get("secrets", "--selector", "app.kubernetes.io/part-of=microcoder")["items"]
    return {item["metadata"]["name"]: item["data"] for item in found}


def available(helm: Helm) -> set[str]:
    found = helm.get("deployments")["items"]
    ready = [item for item in found if item["status"].get("availableReplicas") == item["spec"]["replicas"]]
    return {item["metadata"]["labels"]["app.kubernetes.io/component"] for item in ready}


def test_install_upgrade_test_rollback_uninstall(helm: Helm, previous: Path) -> None:
    before = helm.names(*KEPT_KINDS)
    runs = {"training": {"runs": {"create": True, "accessMode": "ReadWriteOnce", "size": "1Gi"}}}
    helm.run("install", "mc", str(previous), "--wait", "--timeout", "120s", values={**MINIMAL, **runs})
    assert available(helm) == SERVICES
    assert images(helm) == {f"microcoder/{name}:0.0.9" for name in SERVICES}
    assert "ConfigMap/gone" in helm.names("configmaps")
    made = credentials(helm)
    assert len(made) == 9  # authority, token, six services, client
    assert "Job/mc-migration" not in helm.names("jobs")

    changed = {**MINIMAL, **runs, "log": {"level": "debug"}}
    helm.run("upgrade", "mc", str(CHART), "--wait", "--timeout", "120s", values=changed)
    assert available(helm) == SERVICES
    assert images(helm) == {f"microcoder/{name}:0.1.0" for name in SERVICES}
    assert "ConfigMap/gone" not in helm.names("configmaps")
    assert helm.get("configmap", "mc-config")["data"]["MICROCODER_LOG__LEVEL"] == "debug"
    assert credentials(helm) == made, "certificates and the token are kept over an upgrade"

    assert "Succeeded" in helm.run("test", "mc", "--timeout", "60s")
    assert "Job/mc-test" not in helm.names("jobs")

    helm.run("rollback", "mc", "1", "--wait", "--timeout", "120s")
    assert images(helm) == {f"microcoder/{name}:0.0.9" for name in SERVICES}
    assert helm.get("configmap", "mc-config")["data"]["MICROCODER_LOG__LEVEL"] == "info"
    assert credentials(helm) == made

    helm.run("uninstall", "mc", "--wait", "--timeout", "120s")
    left = {"PersistentVolumeClaim/mc-runs"}
    eventually("all but the claim is gone", lambda: helm.names(*KEPT_KINDS) - before <= left)
    assert helm.names(*KEPT_KINDS) - before == left


def test_an_upgrade_to_another_set_of_services_keeps_the_rest(helm: Helm) -> None:
    helm.run("install", "mc", str(CHART), "--wait", "--timeout", "120s", values=MINIMAL)
    uids = {item["metadata"]["name"]: item["metadata"]["uid"] for item in helm.get("pods")["items"]}
    fewer = {**MINIMAL, "services": {"evaluator": {"enabled": False}, "judge": {"replicas": 2}}}
    helm.run("upgrade", "mc", str(CHART), "--wait", "--timeout", "120s", values=fewer)
    assert available(helm) == SERVICES - {"evaluator"}
    assert "PodDisruptionBudget/mc-judge" in helm.names("poddisruptionbudgets")
    pods = helm.get("pods", "--field-selector", "status.phase=Running")["items"]
    now = {item["metadata"]["name"]: item["metadata"]["uid"] for item in pods}
    unchanged = {name for name in uids if name in now and now[name] == uids[name]}
    assert len(unchanged) == len(SERVICES) - 1, "pods whose service did not change go on"
