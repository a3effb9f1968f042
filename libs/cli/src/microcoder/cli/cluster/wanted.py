"""What a chart's values ask of the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from microcoder.cli.cluster.values import merged
from microcoder.core.errors import InvalidArgument

Values = Mapping[str, Any]

_SERVICES = ("scraper", "normalizer", "judge", "scorer", "trainer", "evaluator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The part of the values that can be looked for in a cluster. The defaults are the chart's."""

    features: Mapping[str, str] = field(default_factory=dict)
    """API groups that are needed, with the value that asks for each."""
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Secrets that must be there, with the keys that are read."""
    claims: Sequence[str] = ()
    """PersistentVolumeClaims that must be there."""
    gpu_resource: str = "nvidia.com/gpu"
    gpu_selector: Mapping[str, str] = field(default_factory=dict)
    gpus: int = 0
    """GPUs of a training pod; 0 where nothing asks for one."""
    makes_claim: bool = False
    """The chart makes the claim for training runs."""
    storage_class: str = ""
    """Of that claim; empty for the cluster's default."""
    pool_key: str = "microcoder.dev/pool"
    pool_value: str = "judge"
    pool_required: bool = False
    """The judge runs on nodes with that label alone."""
    seccomp: Mapping[str, str] = field(
        default_factory=lambda: {"type": "Localhost", "localhostProfile": "microcoder/judge.json"}
    )
    """Of the judge's pod."""
    judge_image: str = ""
    """For the probe; empty where the values name none."""
    judge_runs_unconfined: bool = False
    """Its pod has settings that the Pod Security Standard `restricted` refuses."""
    makes_roles: bool = True
    jobsets: bool = False


def read_values(files: Sequence[Path]) -> Wanted:
    """What the values in `files` ask for, later ones over earlier ones, as helm merges them.

    Raises:
        InvalidArgument: A file cannot be read or is no YAML mapping.
    """
    values: dict[str, Any] = {}
    for file in files:
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise InvalidArgument(f"{file} cannot be read as a values file: {error}") from error
        if not isinstance(found or {}, dict):
            raise InvalidArgument(f"{file} must hold a YAML mapping, as values files do.")
        values = merged(values, found or {})
    return wanted_by(values)


def wanted_by(values: Values) -> Wanted:
    """What merged values ask for."""
    pool = {"key": "microcoder.dev/pool", "value": "judge", "required": False, **_at(values, "sandbox", "pool")}
    runs = _at(values, "training", "runs")
    gpu = _at(values, "gpu")
    vllm = _at(values, "vllm")
    claims = (runs.get("existingClaim"), _at(values, "training").get("modelsClaim"), vllm.get("cacheClaim"))
    training_gpus = int(_at(values, "training").get("gpus", 0))
    return Wanted(
        features=_features(values),
        secrets=_secrets(values),
        claims=[name for name in claims if name],
        gpu_resource=gpu.get("resource", "nvidia.com/gpu"),
        gpu_selector=gpu.get("nodeSelector") or {},
        gpus=max(training_gpus, int(vllm.get("gpus", 1)) if vllm.get("enabled") else 0),
        makes_claim=bool(runs.get("create")),
        storage_class=runs.get("storageClassName") or "",
        pool_key=pool["key"],
        pool_value=pool["value"],
        pool_required=bool(pool["required"]),
        seccomp={**Wanted().seccomp, **_at(values, "sandbox", "seccomp")},
        judge_image=_image(values),
        judge_runs_unconfined=_at(values, "sandbox", "seccomp").get("type") == "Unconfined"
        or _at(values, "sandbox").get("procMount") == "Unmasked",
        makes_roles=bool(_at(values, "rbac").get("create", True)),
        jobsets=bool(_at(values, "rbac").get("jobSets")),
    )


def _features(values: Values) -> dict[str, str]:
    monitoring = _at(values, "monitoring")
    services = {"defaults": _at(values, "defaults"), **_at(values, "services")}
    asked = {
        "keda.sh": next(
            (f"{name}.autoscaling.keda.enabled" for name, own in services.items()
             if _at(own or {}, "autoscaling", "keda").get("enabled")), "",
        ),
        "jobset.x-k8s.io": "rbac.jobSets" if _at(values, "rbac").get("jobSets") else "",
        "kueue.x-k8s.io": "training.queue" if _at(values, "training").get("queue") else "",
        "monitoring.coreos.com": next(
            (f"monitoring.{name}.enabled" for name in ("serviceMonitor", "prometheusRule")
             if _at(monitoring, name).get("enabled")), "",
        ),
        "cert-manager.io": "tls.source" if _at(values, "tls").get("source") == "certManager" else "",
    }  # fmt: skip
    return {group: value for group, value in asked.items() if value}


def _secrets(values: Values) -> dict[str, list[str]]:
    """Secrets that the values name. Those of a service have the keys of the part that they stand for."""
    mongodb, kafka, llm = (_at(values, name) for name in ("mongodb", "kafka", "llm"))
    keys = {
        "mongodb": [mongodb.get("uriKey", "uri")],
        "kafka": [kafka.get("usernameKey", "username"), kafka.get("passwordKey", "password")],
        "llm": [llm.get("apiKeyKey", "api-key")],
    }
    named: list[tuple[Any, list[str]]] = [
        (mongodb.get("existingSecret"), keys["mongodb"]),
        (mongodb.get("caSecret"), ["ca.crt"]),
        (kafka.get("existingSecret"), keys["kafka"]),
        (kafka.get("caSecret"), [kafka.get("caKey", "ca.crt")]),
        (llm.get("existingSecret"), keys["llm"]),
        (_at(values, "token").get("existingSecret"), [_at(values, "token").get("key", "token")]),
    ]
    named += [
        (_at(values, "services", service, "secrets").get(part), keys[part]) for service in _SERVICES for part in keys
    ]
    named += [(name, []) for name in _at(values, "training").get("secrets") or ()]
    named += [(name, []) for name in _at(values, "image").get("pullSecrets") or ()]
    if _at(values, "tls").get("source") == "existingSecrets":
        tls = ["tls.crt", "tls.key", "ca.crt"]
        named += [(name, tls) for name in _at(values, "tls", "existingSecrets").values()]
    return {str(name): wanted for name, wanted in named if name}


def _image(values: Values) -> str:
    own, common = _at(values, "services", "judge", "image"), _at(values, "image")
    repository, tag = own.get("repository", "microcoder/judge"), own.get("tag") or common.get("tag")
    registry = f"{common['registry']}/" if common.get("registry") else ""
    return f"{registry}{repository}:{tag}" if tag else ""


def _at(values: Values, *path: str) -> dict[str, Any]:
    found: Any = values
    for name in path:
        found = (found or {}).get(name)
    return dict(found or {})
