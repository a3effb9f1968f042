"""The chart rendered without a cluster, and what to look for in its objects."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "microcoder"
CI = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
"""One scenario for each file of values."""
MINIMAL: Mapping[str, Any] = {
    "mongodb": {"existingSecret": "microcoder-mongodb"},
    "kafka": {"bootstrapServers": "kafka:9092"},
}
RELEASE, NAMESPACE = "mc", "contests"

Object = dict[str, Any]


def values_of(scenario: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CHART / "ci" / f"{scenario}-values.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def scenario(name: str) -> tuple[Object, ...]:
    """All objects of a scenario, hooks included."""
    return render(values_of(name))


def render(values: Mapping[str, Any], *, release: str = RELEASE) -> tuple[Object, ...]:
    rendered = _chart().render(dict(values), name=release, namespace=NAMESPACE)
    return tuple(
        found
        for path, text in sorted(rendered.items())
        if not path.endswith("NOTES.txt")
        for found in yaml.safe_load_all(text)
        if found
    )


def notes(values: Mapping[str, Any]) -> str:
    return _chart().render(dict(values), name=RELEASE, namespace=NAMESPACE)["microcoder/templates/NOTES.txt"]


@cache
def _chart() -> Chart:
    return Chart.load(str(CHART))


def kinds(objects: tuple[Object, ...], *wanted: str) -> list[Object]:
    return [found for found in objects if found["kind"] in wanted]


def named(objects: tuple[Object, ...], kind: str, name: str) -> Object:
    return next(found for found in kinds(objects, kind) if found["metadata"]["name"] == name)


def identity(found: Object) -> str:
    return f"{found['kind']}/{found['metadata']['name']}"


def pods(objects: tuple[Object, ...]) -> Iterator[tuple[str, Object]]:
    """Name of its maker, and metadata and spec, of every pod that the objects make."""
    for found in objects:
        if found["kind"] in ("Deployment", "Job"):
            yield identity(found), found["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def secret_references(pod: Object) -> set[str]:
    found = {item["name"] for item in pod["spec"].get("imagePullSecrets", [])}
    found |= {volume["secret"]["secretName"] for volume in pod["spec"].get("volumes", []) if "secret" in volume}
    for container in containers(pod):
        for source in container.get("envFrom", []):
            if "secretRef" in source:
                found.add(source["secretRef"]["name"])
        for variable in container.get("env", []):
            if "secretKeyRef" in variable.get("valueFrom", {}):
                found.add(variable["valueFrom"]["secretKeyRef"]["name"])
    return found


def environment(pod: Object) -> dict[str, str]:
    """Plain values of the first container."""
    return {item["name"]: item.get("value", "") for item in pod["spec"]["containers"][0].get("env", [])}
