"""The variables that the chart sets are settings that the services have."""

import re
from importlib import import_module
from typing import Any

import pytest

from microcoder.config import Settings, load
from microcoder.host.preparing import PrepareSettings
from microcoder.host.settings import ServiceSettings
from microcoder.host.smoke import SmokeSettings

from .rendering import CI, ROOT, Object, environment, kinds, pods, scenario

SERVICES = ("scraper", "normalizer", "judge", "scorer", "trainer", "evaluator")
SECRETS = {
    "MICROCODER_STORE__URI": "mongodb://user:word@db/?replicaSet=rs0",
    "MICROCODER_LLM__API_KEY": "key",
    "MICROCODER_BUS__KAFKA__SASL_USERNAME": "user",
    "MICROCODER_BUS__KAFKA__SASL_PASSWORD": "word",
}


def settings_type(service: str) -> type[ServiceSettings]:
    """The one type of settings that the service's module has of its own."""
    module = import_module(f"microcoder.{service}.settings")
    found = [t for t in vars(module).values() if isinstance(t, type) and issubclass(t, ServiceSettings)]
    return next(t for t in found if t.__module__ == module.__name__)


@pytest.mark.parametrize("name", CI)
def test_every_pods_settings_load(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = scenario(name)
    shared = kinds(objects, "ConfigMap")[0]["data"]
    for maker, pod in pods(objects):
        component = maker.rpartition("-")[2]
        if component in ("llm", "cli"):
            continue
        taken = _effective(pod, shared if component in SERVICES else {})
        with monkeypatch.context() as patch:
            for variable, value in taken.items():
                patch.setenv(variable, value)
            load(_type_of(component))


def _type_of(component: str) -> type[Settings]:
    special: dict[str, type[Settings]] = {"migration": PrepareSettings, "test": SmokeSettings}
    return special.get(component) or settings_type(component)


def _effective(pod: Object, shared: dict[str, str]) -> dict[str, str]:
    given = {**shared, **environment(pod)}
    return {name: value or SECRETS.get(name, "") for name, value in given.items() if value or name in SECRETS}


def test_services_listen_where_the_chart_looks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in kinds(scenario("minimal"), "ConfigMap")[0]["data"].items():
        monkeypatch.setenv(variable, value)
    settings = load(settings_type("scorer"))
    assert (settings.rpc.host, settings.rpc.port, settings.admin.host, settings.admin.port) == (
        "0.0.0.0", 50051, "0.0.0.0", 9101,
    )  # fmt: skip
    assert settings.endpoints.judge == "dns:///mc-judge.contests.svc:50051"
    assert settings.channel.secure
    assert not settings.host.migrate


@pytest.mark.parametrize("service", ["normalizer", "judge", "scorer"])
def test_keda_watches_the_topic_and_the_group_that_the_service_consumes(service: str) -> None:
    scaled = _scaled(service)
    source = (ROOT / f"services/{service}/src/microcoder/{service}/app.py").read_text(encoding="utf-8")
    topic = re.search(r"topics=\[Topic\.(\w+)\]", source)
    assert topic is not None
    name = f"microcoder.{topic[1].lower().replace('_', '.')}.v1"
    assert [trigger["metadata"]["topic"] for trigger in scaled] == [name, f"{name}.retry"]
    assert {trigger["metadata"]["consumerGroup"] for trigger in scaled} == {service}


def _scaled(service: str) -> list[Any]:
    found = kinds(scenario("production"), "ScaledObject")
    return next(o["spec"]["triggers"] for o in found if o["metadata"]["name"] == f"mc-{service}")
