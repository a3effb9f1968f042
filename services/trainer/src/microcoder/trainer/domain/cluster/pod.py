"""The pod that a training process runs in, fit for the Pod Security Standard `restricted`."""

from collections.abc import Mapping
from typing import Any

from microcoder.core.training import TrainingRun
from microcoder.trainer.domain.cluster.failures import CONTAINER
from microcoder.trainer.domain.cluster.labels import job_name, labels
from microcoder.trainer.domain.cluster.site import MODELS_PATH, RUNS_PATH, Site
from microcoder.trainer.domain.ranks import MASTER_PORT

Json = dict[str, Any]

TERMINATION_LOG = "/dev/termination-log"
ROLE = "trainer"
"""Name of the replicated Job in a JobSet."""


def pod_template(run: TrainingRun, site: Site) -> Json:
    """The template of a run's pods."""
    gpus = gpus_of(run, site)
    return {
        "metadata": {
            "labels": {**labels(run, site), **site.pod_labels},
            "annotations": {"kubectl.kubernetes.io/default-container": CONTAINER, **site.pod_annotations},
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": site.grace_s,
            "serviceAccountName": site.service_account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": _pod_security(site),
            **_placed(run, site, gpus),
            **(
                {"imagePullSecrets": [{"name": name} for name in site.image_pull_secrets]}
                if site.image_pull_secrets
                else {}
            ),
            "containers": [_container(run, site, gpus)],
            "volumes": _volumes(site),
        },
    }


def gpus_of(run: TrainingRun, site: Site) -> int:
    """GPUs of each of a run's pods."""
    return site.gpus if run.placement.gpus is None else run.placement.gpus


def _container(run: TrainingRun, site: Site, gpus: int) -> Json:
    return {
        "name": CONTAINER,
        "image": site.image,
        "imagePullPolicy": site.image_pull_policy,
        "command": ["python", "-m", "microcoder.trainer.train"],
        "args": ["--run", run.id, "--resume=auto", *([f"--processes={gpus}"] if gpus > 1 else [])],
        "env": [{"name": name, "value": value} for name, value in sorted(_environment(run, site).items())],
        **({"envFrom": [{"secretRef": {"name": name}} for name in site.secrets]} if site.secrets else {}),
        "resources": _resources(run, site, gpus),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _mounts(site),
    }


def _environment(run: TrainingRun, site: Site) -> dict[str, str]:
    own = {
        "HOME": "/tmp",  # noqa: S108  a volume of the pod's own; caches of torch and triton go there
        "MICROCODER_TRAINER__RECORD_PATIENCE_S": str(site.record_patience_s),
        "MICROCODER_TRAINER__RUNS_DIR": RUNS_PATH,
        "MICROCODER_TRAINER__TERMINATION_LOG": TERMINATION_LOG,
    }
    if run.placement.nodes > 1:
        name = job_name(run)
        own |= {
            "MASTER_ADDR": f"{name}-{ROLE}-0-0.{name}",
            "MASTER_PORT": str(MASTER_PORT),
            "NNODES": str(run.placement.nodes),
        }
    return {**site.env, **own}


def _resources(run: TrainingRun, site: Site, gpus: int) -> Json:
    memory = run.placement.memory or site.memory
    gpu = {site.gpu_resource: str(gpus)} if gpus else {}
    return {
        "requests": {"cpu": run.placement.cpu or site.cpu, "memory": memory, **gpu},
        "limits": {"memory": memory, **gpu},
    }


def _placed(run: TrainingRun, site: Site, gpus: int) -> Json:
    """Where it may run. Only a pod with GPUs tolerates their nodes' taint, so that others leave them free."""
    chosen: Mapping[str, str] = site.gpu_node_selector if gpus else site.node_selector
    product = {"nvidia.com/gpu.product": run.placement.gpu_product} if run.placement.gpu_product else {}
    tolerations = [dict(toleration) for toleration in site.tolerations]
    if gpus:
        tolerations.append({"key": site.gpu_resource, "operator": "Exists", "effect": "NoSchedule"})
    queue = run.placement.queue or site.queue
    priority = "" if queue else run.placement.priority_class or site.priority_class
    found: Json = {
        "nodeSelector": {**chosen, **product},
        "tolerations": tolerations,
        "priorityClassName": priority,
        "runtimeClassName": site.runtime_class,
    }
    return {name: value for name, value in found.items() if value}


def _pod_security(site: Site) -> Json:
    return {
        "runAsNonRoot": True,
        "runAsUser": site.run_as,
        "runAsGroup": site.run_as,
        "fsGroup": site.run_as,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _volumes(site: Site) -> list[Json]:
    runs: Json = {"persistentVolumeClaim": {"claimName": site.runs_claim}} if site.runs_claim else {"emptyDir": {}}
    models: Json = {"persistentVolumeClaim": {"claimName": site.models_claim, "readOnly": True}}
    return [
        {"name": "runs", **runs},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": site.shm}},
        {"name": "tmp", "emptyDir": {}},
        *([{"name": "models", **models}] if site.models_claim else []),
        *(
            {"name": f"files-{i}", "secret": {"secretName": name, "defaultMode": 0o440}}
            for i, name in enumerate(site.secret_files.values())
        ),
    ]


def _mounts(site: Site) -> list[Json]:
    return [
        {"name": "runs", "mountPath": RUNS_PATH},
        {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        *([{"name": "models", "mountPath": MODELS_PATH, "readOnly": True}] if site.models_claim else []),
        *({"name": f"files-{i}", "mountPath": path, "readOnly": True} for i, path in enumerate(site.secret_files)),
    ]
