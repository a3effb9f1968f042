"""The chart on a cluster."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microcoder.cli.cluster.values import merged
from tools.cluster.dependencies import BOOTSTRAP_SERVERS, SECRET
from tools.cluster.kubectl import Cluster
from tools.images.builder import ROOT
from tools.images.recipes import SERVICES

CHART = ROOT / "helm" / "microcoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seccomp:
    """How the judge's pod may make its jail."""

    profile: str = ""
    """Name of a profile on the nodes; empty for Unconfined, which needs a namespace of privileged pod security."""

    def values(self) -> dict[str, Any]:
        """Of the chart."""
        if self.profile:
            return {"type": "Localhost", "localhostProfile": self.profile}
        return {"type": "Unconfined"}


def values_for(
    *, registry: str, tag: str, llm_base_url: str, seccomp: Seccomp, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Values for the dependencies of deploy/local, small enough for one machine."""
    base: dict[str, Any] = {
        "image": {"registry": registry, "tag": tag},
        "mongodb": {"existingSecret": SECRET},
        "kafka": {"bootstrapServers": BOOTSTRAP_SERVERS, "partitions": 4},
        "llm": {"baseUrl": llm_base_url},
        "sandbox": {"seccomp": seccomp.values()},
        # A pod that asks for no processor gets none beside a training run: its probes fail, and it is killed.
        "defaults": {"preStopSeconds": 2, "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}},
    }
    return merged(base, extra or {})


def make_namespace(cluster: Cluster, *, pod_security: str) -> None:
    """The namespace with its level of pod security; fine where it is there."""
    labels = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "warn")}
    cluster.apply(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": cluster.namespace, "labels": labels},
            }
        )
    )


def install(cluster: Cluster, release: str, values: Mapping[str, Any], *, timeout_s: int = 300) -> float:
    """Installs or upgrades, waits until all is ready, and gives the seconds that it took."""
    started = time.monotonic()
    path = "-"
    command = ["upgrade", release, str(CHART), "--install", "--values", path, "--wait", "--timeout", f"{timeout_s}s"]
    cluster.helm(*command, stdin=json.dumps(values), timeout_s=timeout_s + 60)
    for name in SERVICES:
        cluster.rolled_out(f"deployment/{release}-{name}", timeout_s=timeout_s)
    return time.monotonic() - started
