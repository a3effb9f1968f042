"""The chart on a real API server."""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Cluster

CHART = Path(__file__).parents[2] / "helm" / "microcoder"
MINIMAL: Mapping[str, Any] = {
    "mongodb": {"existingSecret": "microcoder-mongodb"},
    "kafka": {"bootstrapServers": "kafka:9092"},
}
Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Helm:
    """`helm` in one namespace."""

    cluster: Cluster
    namespace: str
    as_user: str = ""

    def run(self, *arguments: str, values: Mapping[str, Any] | None = None, check: bool = True) -> str:
        """Output and errors together. Skips where there is no helm."""
        if shutil.which("helm") is None:
            pytest.skip("needs `helm` on PATH")
        command = ["helm", "--kubeconfig", str(self.cluster.kubeconfig), "--namespace", self.namespace]
        command += ["--kube-as-user", self.as_user] if self.as_user else []
        given = ["--values", "-"] if values is not None else []
        done = subprocess.run(
            [*command, *arguments, *given], input=json.dumps(values or {}),
            capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout + done.stderr

    def objects(self, values: Mapping[str, Any]) -> list[Object]:
        """What the chart makes of `values`, hooks included."""
        return [found for found in yaml.safe_load_all(self.run("template", "mc", str(CHART), values=values)) if found]

    def kubectl(self, *arguments: str, text: str = "", check: bool = True) -> str:
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, text=text, check=check)

    def get(self, *what: str) -> Object:
        found: Object = json.loads(self.kubectl("get", *what, "--output", "json"))
        return found

    def names(self, *kinds: str) -> set[str]:
        return {f"{item['kind']}/{item['metadata']['name']}" for item in self.get(",".join(kinds))["items"]}

    def make_secret(self) -> None:
        self.kubectl(
            "create", "secret", "generic", "microcoder-mongodb", "--from-literal=uri=mongodb://db/?replicaSet=rs0"
        )


def pod_of(found: Object) -> Object:
    """A bare pod as the object's controller would make it."""
    template = found["spec"]["template"]
    name = f"{found['metadata']['name']}-pod"
    metadata = {**template["metadata"], "name": name, "namespace": found["metadata"]["namespace"]}
    spec = {key: value for key, value in template["spec"].items() if key != "serviceAccountName"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def eventually(what: str, look: Any, *, seconds: float = 60) -> Any:
    """The first true value of `look`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")
