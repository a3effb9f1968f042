"""Who may talk to whom, who has which credentials, and which nodes pods want."""

from typing import Any

from microcoder.cli.cluster.values import merged

from .rendering import MINIMAL, Object, containers, kinds, named, pods, render, scenario, secret_references


def policy(objects: tuple[Object, ...], component: str) -> Object:
    spec: Object = named(objects, "NetworkPolicy", f"mc-{component}")["spec"]
    return spec


def components(rules: list[Any], side: str) -> set[str]:
    """Components of this release among the peers."""
    expressions = [
        expression
        for rule in rules
        for peer in rule.get(side, [])
        for expression in peer.get("podSelector", {}).get("matchExpressions", [])
    ]
    return {value for expression in expressions for value in expression["values"]}


def test_nothing_is_allowed_by_default() -> None:
    assert policy(scenario("minimal"), "default-deny").keys() == {"podSelector", "policyTypes"}


def test_calls_are_allowed_on_both_ends_and_only_those() -> None:
    objects = scenario("hpa")
    callers = {
        name: components(policy(objects, name)["ingress"], "from")
        for name in ("scraper", "normalizer", "judge", "scorer", "trainer", "evaluator")
    }
    assert callers["judge"] == {"scorer", "evaluator", "training", "test", "cli"}
    assert callers["scorer"] == {"test", "cli"}
    assert all(callers[name] == {"cli"} for name in ("scraper", "normalizer", "trainer", "evaluator"))
    for called, those in callers.items():
        for caller in those:
            assert called in components(policy(objects, caller)["egress"], "to")


def test_only_the_scraper_reaches_the_internet_and_no_private_network() -> None:
    blocks = {
        found["metadata"]["name"]: peer["ipBlock"]
        for found in kinds(scenario("minimal"), "NetworkPolicy")
        for rule in found["spec"].get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    }
    assert set(blocks) == {"mc-scraper"}
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(blocks["mc-scraper"]["except"])


def test_the_judge_reaches_the_store_and_the_bus_and_nothing_else() -> None:
    ports = {port["port"] for rule in policy(scenario("minimal"), "judge")["egress"] for port in rule.get("ports", [])}
    assert ports == {53, 5353, 27017, 9092, 9093, 9094}


def test_each_service_has_credentials_of_its_own_and_the_llms_key_where_it_is_used() -> None:
    users = {maker: secret_references(pod) for maker, pod in pods(scenario("production")) if "Deployment" in maker}
    judge = users["Deployment/mc-judge"]
    assert judge == {
        "registry",
        "mongodb-judge",
        "kafka-judge",
        "mongodb-ca",
        "kafka-cluster-ca-cert",
        "mc-judge-tls",
        "microcoder-token",
    }
    assert {maker for maker, names in users.items() if {"llm", "llm-scorer"} & names} == {
        "Deployment/mc-scorer", "Deployment/mc-evaluator",
    }  # fmt: skip
    shared = set.intersection(*users.values())
    assert not any(name.startswith(("mongodb-", "kafka-")) for name in shared - {"mongodb-ca", "kafka-cluster-ca-cert"})


def test_the_judge_wants_its_pool() -> None:
    judge = named(scenario("production"), "Deployment", "mc-judge")["spec"]["template"]["spec"]
    assert judge["nodeSelector"] == {"microcoder.dev/pool": "judge"}
    taint = {"key": "microcoder.dev/pool", "operator": "Equal", "value": "judge", "effect": "NoSchedule"}
    assert taint in judge["tolerations"]
    for name in ("scraper", "scorer", "trainer"):
        other = named(scenario("production"), "Deployment", f"mc-{name}")["spec"]["template"]["spec"]
        assert "tolerations" not in other
    mild = named(scenario("open-judge"), "Deployment", "mc-judge")["spec"]["template"]["spec"]
    assert mild["nodeSelector"] == {"disk": "ssd"}
    assert [toleration["key"] for toleration in mild["tolerations"]] == ["microcoder.dev/pool", "spot"]


def test_the_judges_security_context_is_its_tiers() -> None:
    usual = named(scenario("minimal"), "Deployment", "mc-judge")["spec"]["template"]["spec"]
    assert usual["securityContext"]["seccompProfile"] == {
        "type": "Localhost", "localhostProfile": "microcoder/judge.json",
    }  # fmt: skip
    loose = named(scenario("open-judge"), "Deployment", "mc-judge")["spec"]["template"]["spec"]
    assert loose["securityContext"]["seccompProfile"] == {"type": "Unconfined"}
    assert loose["securityContext"]["appArmorProfile"] == {"type": "Unconfined"}
    assert loose["containers"][0]["securityContext"]["procMount"] == "Unmasked"
    assert loose["hostUsers"] is False
    other = named(scenario("open-judge"), "Deployment", "mc-scorer")["spec"]["template"]["spec"]
    assert other["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "hostUsers" not in other


def test_vllm_lands_on_graphics_processors() -> None:
    spec = named(scenario("gpu"), "Deployment", "mc-llm")["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert spec["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert spec["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert spec["runtimeClassName"] == "nvidia"
    scorer = named(scenario("gpu"), "Deployment", "mc-scorer")["spec"]["template"]
    variables = {item["name"]: item.get("value") for item in scorer["spec"]["containers"][0]["env"]}
    assert variables["MICROCODER_LLM__BASE_URL"] == "http://mc-llm.contests.svc:8000/v1"


def test_the_roles_allow_what_is_needed_and_no_more() -> None:
    objects = scenario("production")
    rules = {found["metadata"]["name"]: found["rules"] for found in kinds(objects, "Role")}
    assert set(rules) == {"mc-trainer", "mc-scraper"}
    resources = {resource for rule in rules["mc-trainer"] for resource in rule["resources"]}
    assert resources == {"jobs", "jobsets", "pods", "pods/log"}
    assert all("*" not in rule["verbs"] for found in rules.values() for rule in found)
    assert [rule["resources"] for rule in rules["mc-scraper"]] == [["leases"], ["leases"]]
    for binding in kinds(objects, "RoleBinding"):
        assert [subject["name"] for subject in binding["subjects"]] == [binding["metadata"]["name"]]


def test_a_changed_setting_rolls_the_pods() -> None:
    def annotation(values: Any) -> str:
        found = named(render(values), "Deployment", "mc-scraper")
        return str(found["spec"]["template"]["metadata"]["annotations"]["checksum/config"])

    bare = merged(MINIMAL, {"tls": {"enabled": False}})
    assert annotation(bare) == annotation(bare)
    assert annotation(bare) != annotation(merged(bare, {"log": {"level": "debug"}}))


def test_what_a_user_adds_arrives() -> None:
    over = {
        "tls": {"enabled": False},
        "commonLabels": {"team": "data"},
        "services": {
            "scraper": {
                "env": {"SCRAPER__POLL_INTERVAL_S": 60},
                "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
                "extraVolumes": [{"name": "packages", "persistentVolumeClaim": {"claimName": "packages"}}],
                "extraVolumeMounts": [{"name": "packages", "mountPath": "/packages"}],
                "extraContainers": [{"name": "side", "image": "side:1"}],
                "podLabels": {"sidecar": "yes"},
                "podAnnotations": {"note": "mine"},
            }
        },
    }
    pod = named(render(merged(MINIMAL, over)), "Deployment", "mc-scraper")["spec"]["template"]
    variables = {item["name"]: item.get("value") for item in containers(pod)[0]["env"]}
    assert variables["MICROCODER_SCRAPER__POLL_INTERVAL_S"] == "60"
    assert variables["HTTPS_PROXY"] == "http://proxy:3128"
    assert [container["name"] for container in containers(pod)] == ["scraper", "side"]
    assert {"team": "data", "sidecar": "yes"}.items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["annotations"]["note"] == "mine"
    assert pod["spec"]["volumes"][-1]["name"] == "packages"
