"""Settings of the trainer service and of the training process; one group, `MICROCODER_TRAINER__…`."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field

from microcoder.cluster import ClusterSettings
from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.trainer.domain.truncation import Eligible


class LauncherKind(StrEnum):
    """Where training processes run."""

    LOCAL = "local"
    """Child processes of the service."""
    KUBERNETES = "kubernetes"
    """Pods of a cluster, made by Jobs and JobSets."""


class KubernetesSettings(ClusterSettings):
    """`MICROCODER_TRAINER__KUBERNETES__…`: how runs are made in the cluster. Lists and tables are given as JSON."""

    instance: str = "microcoder"
    """Name of this installation; runs of others in the same namespace are left alone."""
    jobsets: bool = False
    """Whether the cluster has JobSet, for runs on several nodes."""
    image: str = "microcoder/training:0.1.0"
    """Image with the training environment."""
    image_pull_policy: str = "IfNotPresent"
    """`Always`, `IfNotPresent` or `Never`."""
    image_pull_secrets: tuple[str, ...] = ()
    """Secrets for the image's registry."""
    service_account: str = "default"
    """Of the pods; it needs no rights, and its token is not mounted."""
    runs_claim: str = ""
    """PersistentVolumeClaim for checkpoints and models. Empty: a folder that ends with its pod, and no resuming."""
    models_claim: str = ""
    """PersistentVolumeClaim with models to begin with, mounted at `/models`."""
    secrets: tuple[str, ...] = ()
    """Secrets whose keys become the process's environment: MICROCODER_STORE__URI, MICROCODER_CHANNEL__TOKEN."""
    secret_files: dict[str, str] = Field(default_factory=dict)
    """Secrets mounted as folders, by mount path: certificates."""
    env: dict[str, str] = Field(default_factory=dict)
    """More environment variables, over those that the service passes on."""
    cpu: str = "2"
    """Processors that a pod asks for."""
    memory: str = "8Gi"
    """Memory that a pod asks for and may use at most."""
    gpus: int = Field(default=0, ge=0)
    """GPUs of a pod."""
    gpu_resource: str = "nvidia.com/gpu"
    """Resource name of a GPU, and key of the taint of nodes that have some."""
    shm: str = "2Gi"
    """Size of /dev/shm; it counts as the pod's memory."""
    node_selector: dict[str, str] = Field(default_factory=dict)
    """Nodes for pods without GPUs."""
    gpu_node_selector: dict[str, str] = Field(default_factory=dict)
    """Nodes for pods with GPUs."""
    tolerations: tuple[dict[str, Any], ...] = ()
    """Taints that all pods tolerate."""
    queue: str = ""
    """Kueue's LocalQueue; empty for no Kueue."""
    priority_class: str = ""
    """PriorityClass, with a queue Kueue's WorkloadPriorityClass."""
    runtime_class: str = ""
    """RuntimeClass of the pods."""
    pod_labels: dict[str, str] = Field(default_factory=dict)
    """More labels of pods."""
    pod_annotations: dict[str, str] = Field(default_factory=dict)
    """More annotations of pods."""
    run_as: int = Field(default=10001, ge=1)
    """User and group of the process."""
    backoff_limit: int = Field(default=3, ge=0)
    """Failures that are tried again; pre-emption is none."""
    ttl_s: int = Field(default=7 * 24 * 3600, ge=0)
    """How long an ended run's objects and logs stay, seconds."""
    record_patience_s: int = Field(default=60, ge=0)
    """How long a process waits for the service to take its run in, seconds."""


class TrainerSettings(Group):
    """What is not part of a run's specification."""

    launcher: LauncherKind = LauncherKind.LOCAL
    """Where training processes run: `local` or `kubernetes`."""
    kubernetes: KubernetesSettings = KubernetesSettings()
    """The cluster, for the launcher `kubernetes` and for manifests."""
    python: str = ""
    """Interpreter of the training environment; empty for the one that the service runs in."""
    runs_dir: Path = Path(".microcoder/runs")
    """Folder with one folder per run: checkpoints, final model, logs."""
    max_concurrent: int = Field(default=1, ge=1)
    """Local runs at a time; more wait as pending. In a cluster its quotas and queues decide."""
    poll_s: float = Field(default=0.5, gt=0)
    """How often running processes are looked at, seconds."""
    stop_grace_s: float = Field(default=900.0, gt=0)
    """How long a process may take to save itself before it is killed, seconds. A step and a checkpoint must fit."""

    record_patience_s: float = Field(default=0.0, ge=0)
    """How long a process waits for its run's record to be there and active, seconds; 0 not at all."""
    termination_log: Path | None = None
    """File that a process writes how it ended into, one line of JSON: a container's termination message."""
    micro_batch: int = Field(default=0, ge=0)
    """Most completions in one backward pass; 0 chooses 1 on CPU and 8 on GPU."""
    threads: int = Field(default=0, ge=0)
    """Threads of torch; 0 leaves it to torch."""
    judge_timeout_s: float = Field(default=120.0, gt=0)
    """Longest wait for the verdict of one program, seconds."""
    reward_timeout_s: float = Field(default=600.0, gt=0)
    """Longest wait for all verdicts of a rollout, seconds; programs without one by then get no reward."""
    judge_concurrency: int = Field(default=8, ge=1)
    """Programs that are with the judge at a time."""
    judge_patience: int = Field(default=3, ge=1)
    """Rollouts on end without a single verdict that end the run."""
    store_patience_s: float = Field(default=120.0, ge=0)
    """How long a store that does not answer is waited for, seconds."""
    samples_per_step: int = Field(default=16, ge=0)
    """Completions that are kept of each rollout."""
    mask_rho: float = Field(default=0.3, ge=0, le=1)
    """MicroCoder-GRPO: probability that a promising truncated completion is masked."""
    mask_window: int = Field(default=128, ge=1)
    """MicroCoder-GRPO: tokens at the end of a completion that must differ from those before."""
    mask_eligible: Eligible = Eligible.NOT_WRONG
    """MicroCoder-GRPO: which truncated completions may be masked."""


class TrainerServiceSettings(ServiceSettings):
    """All settings of the service, and of the training process, which gets them from it."""

    trainer: TrainerSettings = TrainerSettings()
