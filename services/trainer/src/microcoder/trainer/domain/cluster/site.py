"""What is the same for all training runs of one cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RUNS_PATH = "/runs"
"""Where the runs' volume is mounted."""
MODELS_PATH = "/models"
"""Where the models' volume is mounted, read-only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A cluster as its platform engineer set it up for training."""

    namespace: str = "default"
    """Namespace of the runs."""
    instance: str = "microcoder"
    """This installation, the label `app.kubernetes.io/instance`: two of them may share a namespace."""
    image: str = "microcoder/training:0.1.0"
    """Image with the training environment."""
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    service_account: str = "default"
    """Of the pods; it needs no rights, and its token is not mounted."""
    runs_claim: str = ""
    """PersistentVolumeClaim for checkpoints and models that are trained; empty for a folder that ends with its pod."""
    models_claim: str = ""
    """PersistentVolumeClaim with models to begin with; empty for none."""
    secrets: tuple[str, ...] = ()
    """Secrets whose keys become environment variables: the store's URI, the judge's token."""
    secret_files: Mapping[str, str] = field(default_factory=dict)
    """Secrets mounted as folders, by mount path: certificates."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the training process."""
    cpu: str = "2"
    """Processors that a pod asks for, where its run says nothing."""
    memory: str = "8Gi"
    """Memory that a pod asks for and may use at most, where its run says nothing."""
    gpus: int = 0
    """GPUs of a pod, where its run says nothing."""
    gpu_resource: str = "nvidia.com/gpu"
    """Resource name of a GPU; nodes with GPUs are expected to have a taint of this key."""
    shm: str = "2Gi"
    """Size of /dev/shm, which counts as the pod's memory."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    """Nodes for pods without GPUs."""
    gpu_node_selector: Mapping[str, str] = field(default_factory=dict)
    """Nodes for pods with GPUs."""
    tolerations: tuple[Mapping[str, Any], ...] = ()
    """Taints that all pods tolerate, beside that of GPU nodes."""
    queue: str = ""
    """Kueue's LocalQueue, where the run says nothing; empty for no Kueue."""
    priority_class: str = ""
    """PriorityClass, with a queue Kueue's WorkloadPriorityClass, where the run says nothing."""
    runtime_class: str = ""
    """RuntimeClass, for example `nvidia`."""
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    """More labels of pods."""
    pod_annotations: Mapping[str, str] = field(default_factory=dict)
    """More annotations of pods."""
    run_as: int = 10001
    """User and group of the process."""
    grace_s: int = 900
    """Time that a process has to save itself, seconds: a step and a checkpoint must fit."""
    backoff_limit: int = 3
    """Failures that are tried again. Pre-emption is none."""
    ttl_s: int = 7 * 24 * 3600
    """How long an ended run's objects and logs stay, seconds."""
    record_patience_s: int = 60
    """How long a process waits for the service to take its run in, seconds."""
