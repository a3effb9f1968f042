"""What the API server says to the chart's objects: schemas, pod security, rights, nodes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from .chart import CHART, MINIMAL, Helm, Object, eventually, pod_of
from .conftest import SHARED, Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SCENARIOS = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
SERVED = {"v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1"}


@pytest.fixture
def helm(cluster: Cluster, namespace: str) -> Helm:
    return Helm(cluster=cluster, namespace=namespace)


@pytest.fixture(scope="module")
def open_namespace(cluster: Cluster) -> Iterator[Helm]:
    """A namespace whose pod security is `privileged`."""
    made = Helm(cluster=cluster, namespace="open-judges")
    cluster.kubectl("create", "namespace", made.namespace)
    yield made
    cluster.kubectl("delete", "namespace", made.namespace, "--wait=false")


def scenario(name: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text(encoding="utf-8"))
    return values


def makers(objects: list[Object], *names: str) -> list[Object]:
    found = [item for item in objects if item["kind"] in ("Deployment", "Job")]
    return [item for item in found if not names or item["metadata"]["name"] in names]


_REFUSALS = ("error", "Error", "Warning", "is invalid")


def refusal(helm: Helm, objects: list[Object]) -> str:
    """What the server says to objects that it would make, empty where it takes them all."""
    text = helm.kubectl(
        "create", "--dry-run=server", "--output=name", "--filename=-", text=yaml.safe_dump_all(objects), check=False
    )
    return "\n".join(line for line in text.splitlines() if any(word in line for word in _REFUSALS))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_server_takes_every_object_and_pod(helm: Helm, open_namespace: Helm, name: str) -> None:
    where = open_namespace if name == "open-judge" else helm
    objects = where.objects(scenario(name))
    assert refusal(where, [found for found in objects if found["apiVersion"] in SERVED]) == ""
    pods = [{**pod_of(found)} for found in makers(objects)]
    for pod in pods:  # admission asks for classes that are there
        pod["spec"].pop("priorityClassName", None)
        pod["spec"].pop("runtimeClassName", None)
    assert refusal(where, pods) == ""


def test_restricted_pod_security_refuses_an_open_judge_and_a_privileged_pod(helm: Helm) -> None:
    pods = [pod_of(found) for found in makers(helm.objects(scenario("open-judge")), "mc-judge", "mc-scorer")]
    refused = {pod["metadata"]["name"]: refusal(helm, [pod]) for pod in pods}
    assert 'violates PodSecurity "restricted' in refused["mc-judge-pod"]
    assert "seccompProfile" in refused["mc-judge-pod"]
    assert refused["mc-scorer-pod"] == ""
    privileged = {"securityContext": {"privileged": True, "allowPrivilegeEscalation": True}}
    values = {**MINIMAL, "services": {"scorer": privileged}}
    scorer = [pod_of(found) for found in makers(helm.objects(values), "mc-scorer")]
    assert "privileged" in refusal(helm, scorer)


def test_a_missing_definition_is_named(helm: Helm) -> None:
    if "monitoring.coreos.com" in helm.kubectl("api-resources", "--api-group=monitoring.coreos.com"):
        pytest.skip("the Prometheus operator's definitions are there")
    helm.make_secret()
    values = {**MINIMAL, "monitoring": {"serviceMonitor": {"enabled": True}}}
    said = helm.run("install", "mc", str(CHART), values=values, check=False)
    assert 'no matches for kind "ServiceMonitor"' in said
    assert "ensure CRDs are installed first" in said


@pytest.fixture(scope="module")
def custom_resources(cluster: Cluster) -> None:
    """The definitions of KEDA, the Prometheus operator and Strimzi."""
    if not cluster.simulated:
        pytest.skip("leaves the definitions of a given cluster alone")
    for folder, name in (
        ("keda", "scaledobjects.keda.sh"),
        ("prometheus-operator", "prometheusrules.monitoring.coreos.com"),
        ("strimzi", "kafkas.kafka.strimzi.io"),
    ):
        cluster.define(SHARED / "k8s" / "crds" / folder, name)


def test_objects_of_others_fit_their_definitions(helm: Helm, cluster: Cluster, custom_resources: None) -> None:
    objects = helm.objects({**scenario("production"), "tls": {"source": "helm"}})
    kinds = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule"}
    chosen = [found for found in objects if found["kind"] in kinds]
    assert {found["kind"] for found in chosen} == kinds
    assert refusal(helm, chosen) == ""
    for recipe in ("kafka/strimzi.yaml", "judge-nodes/seccomp.yaml"):
        text = (CHART.parents[1] / "deploy" / recipe).read_text(encoding="utf-8")
        assert "error" not in helm.kubectl("create", "--dry-run=server", "--filename=-", text=text)


def test_a_forbidden_namespace_is_told(helm: Helm) -> None:
    stranger = Helm(cluster=helm.cluster, namespace=helm.namespace, as_user="stranger")
    said = stranger.run("install", "mc", str(CHART), values=MINIMAL, check=False)
    assert re.search(r'User "stranger" cannot \w+ resource', said)


RIGHTS = [
    ("mc-trainer", "create jobs.batch", True),
    ("mc-trainer", "patch jobs.batch", True),
    ("mc-trainer", "delete jobs.batch", True),
    ("mc-trainer", "watch pods", True),
    ("mc-trainer", "get pods/log", True),
    ("mc-trainer", "create pods", False),
    ("mc-trainer", "create pods/exec", False),
    ("mc-trainer", "get secrets", False),
    ("mc-trainer", "list configmaps", False),
    ("mc-trainer", "create roles.rbac.authorization.k8s.io", False),
    ("mc-trainer", "create jobs.batch --namespace=default", False),
    ("mc-scraper", "create leases.coordination.k8s.io", True),
    ("mc-scraper", "update leases.coordination.k8s.io/mc-scraper", True),
    ("mc-scraper", "update leases.coordination.k8s.io/other", False),
    ("mc-scraper", "create jobs.batch", False),
    ("mc-judge", "get secrets", False),
    ("mc-judge", "get pods", False),
]


@pytest.fixture
def rights(helm: Helm) -> Helm:
    kinds = {"Role", "RoleBinding", "ServiceAccount"}
    helm.kubectl(
        "create", "--filename=-",
        text=yaml.safe_dump_all([found for found in helm.objects(MINIMAL) if found["kind"] in kinds]),
    )  # fmt: skip
    return helm


def test_each_account_can_what_it_must_and_no_more(rights: Helm) -> None:
    for account, wish, allowed in RIGHTS:
        user = f"--as=system:serviceaccount:{rights.namespace}:{account}"
        answer = rights.kubectl("auth", "can-i", *wish.split(), user, check=False).strip().splitlines()[-1]
        assert answer == ("yes" if allowed else "no"), (account, wish)


def deploy(helm: Helm, values: dict[str, Any], name: str) -> None:
    chosen = [
        found
        for found in helm.objects(values)
        if found["metadata"]["name"] == name and found["kind"] in ("Deployment", "ServiceAccount")
    ]
    helm.kubectl("create", "--filename=-", text=yaml.safe_dump_all(chosen))


def condition(helm: Helm, component: str) -> dict[str, Any]:
    """Node, and why there is none, of the component's one pod."""
    pods = helm.get("pods", "--selector", f"app.kubernetes.io/component={component}")["items"]
    if not pods:
        return {}
    reasons = [entry for entry in pods[0]["status"].get("conditions", []) if entry["type"] == "PodScheduled"]
    return {"node": pods[0]["spec"].get("nodeName", ""), **(reasons[0] if reasons else {})}


def test_graphics_processors_are_for_those_who_ask(helm: Helm) -> None:
    if not helm.cluster.simulated:
        pytest.skip("needs simulated nodes with graphics processors")
    values = {**MINIMAL, "vllm": {"enabled": True, "model": "m"}, "gpu": {"nodeSelector": {"nvidia.com/gpu": "true"}}}
    deploy(helm, values, "mc-llm")
    deploy(helm, values, "mc-scorer")
    node = eventually("the model has a node", lambda: condition(helm, "llm").get("node"))
    assert node.startswith("gpu-")
    assert eventually("the scorer has a node", lambda: condition(helm, "scorer").get("node")).startswith("cpu-")


def test_no_node_with_graphics_processors_is_told_in_the_pods_condition(helm: Helm) -> None:
    helm.cluster.require_controllers()
    values = {**MINIMAL, "vllm": {"enabled": True, "model": "m", "gpus": 64}}
    deploy(helm, values, "mc-llm")
    why = eventually("the scheduler gives up", lambda: condition(helm, "llm").get("message"))
    assert "Insufficient nvidia.com/gpu" in why


def test_the_judge_waits_for_its_pool_and_others_keep_off_it(helm: Helm) -> None:
    if not helm.cluster.simulated:
        pytest.skip("taints a node")
    values = {**MINIMAL, "sandbox": {"pool": {"required": True}}}
    deploy(helm, values, "mc-judge")
    why = eventually("the scheduler gives up", lambda: condition(helm, "judge").get("message"))
    assert "didn't match Pod's node affinity/selector" in why
    pool = "microcoder.dev/pool=judge"
    helm.kubectl("label", "node", "cpu-0", pool)
    helm.kubectl("taint", "node", "cpu-0", f"{pool}:NoSchedule")
    try:
        assert eventually("the judge has its node", lambda: condition(helm, "judge").get("node")) == "cpu-0"
        deploy(helm, values, "mc-scorer")
        why = eventually("nothing else fits", lambda: condition(helm, "scorer").get("message"))
        assert "untolerated taint" in why
    finally:
        helm.kubectl("label", "node", "cpu-0", "microcoder.dev/pool-")
        helm.kubectl("taint", "node", "cpu-0", "microcoder.dev/pool-")
