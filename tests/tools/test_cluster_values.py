"""The values of the demo: what it says over the chart's own, and nothing lost in merging."""

import json

from microcoder.cli.cluster.values import merged
from tests.helm.rendering import kinds, render
from tools.cluster.dependencies import with_image
from tools.cluster.release import Seccomp, values_for
from tools.cluster.site import journey_values
from tools.images.recipes import SERVICES


def test_tables_are_merged_and_everything_else_is_replaced() -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": 2}
    assert merged(base, {"a": {"c": [2], "e": 3}}) == {"a": {"b": 1, "c": [2], "e": 3}, "d": 2}
    assert base == {"a": {"b": 1, "c": [1]}, "d": 2}


def test_a_profile_is_named_only_where_the_nodes_have_it() -> None:
    assert Seccomp().values() == {"type": "Unconfined"}
    assert Seccomp(profile="microcoder/judge.json").values()["localhostProfile"] == "microcoder/judge.json"


def test_training_pods_get_the_releases_own_certificates_and_the_store() -> None:
    values = journey_values(release="mine", image="microcoder/training:1", store_secret="store")
    env = values["services"]["trainer"]["env"]
    assert env["TRAINER__LAUNCHER"] == "kubernetes"
    assert json.loads(env["TRAINER__KUBERNETES__SECRETS"]) == ["store"]
    assert set(json.loads(env["TRAINER__KUBERNETES__SECRET_FILES"]).values()) == {"mine-client-tls", "mine-token"}


def test_values_name_the_dependencies_of_the_local_cluster() -> None:
    values = values_for(registry="r.example/t", tag="1", llm_base_url="http://llm:8000/v1", seccomp=Seccomp())
    assert values["image"] == {"registry": "r.example/t", "tag": "1"}
    assert values["kafka"]["bootstrapServers"] == "kafka:9092"


def test_manifests_of_the_local_cluster_take_the_given_image() -> None:
    text = with_image("feed.yaml", "microcoder/cli", "r.example/t/microcoder/cli:1")
    assert "image: r.example/t/microcoder/cli:1\n" in text
    assert "image: microcoder/cli\n" not in text


def test_every_service_asks_for_some_processor_so_that_a_training_run_does_not_starve_it() -> None:
    objects = render(values_for(registry="", tag="1", llm_base_url="", seccomp=Seccomp()))
    deployments = kinds(objects, "Deployment")
    assert len(deployments) == len(SERVICES)
    for deployment in deployments:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["requests"]["cpu"] == "100m"
