"""A run as Kubernetes objects. The service makes them, and `kubectl apply` of the same text does the same."""

from typing import Any

from microcoder.core.training import TrainingRun
from microcoder.trainer.domain.cluster import failures
from microcoder.trainer.domain.cluster.annotations import to_json
from microcoder.trainer.domain.cluster.labels import ATTEMPT, PLACEMENT, SPEC, job_name, labels
from microcoder.trainer.domain.cluster.pod import ROLE, pod_template
from microcoder.trainer.domain.cluster.site import Site

Json = dict[str, Any]


def manifests(run: TrainingRun, site: Site) -> list[Json]:
    """The objects of a run for `kubectl apply`: a Job, or a JobSet where it has more than one node.

    They name no attempt: the service writes it on them when it takes them in.
    """
    if run.placement.nodes > 1:
        return [_jobset(run, site)]
    return [_job(run, site)]


def numbered(item: Json, attempt: int) -> Json:
    """The object as the service makes it: it is that attempt from the beginning."""
    metadata = item["metadata"]
    annotations = {**metadata["annotations"], ATTEMPT: str(attempt)}
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def _job(run: TrainingRun, site: Site) -> Json:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(run, site),
        "spec": {
            "backoffLimit": site.backoff_limit,
            "podReplacementPolicy": "Failed",  # the volume and the GPUs are free only when the old pod is gone
            "podFailurePolicy": failures.job_policy(),
            "ttlSecondsAfterFinished": site.ttl_s,
            **_pods(run, site),
        },
    }


def _jobset(run: TrainingRun, site: Site) -> Json:
    child = {"backoffLimit": 0, "podFailurePolicy": failures.child_policy(), **_pods(run, site)}
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": _metadata(run, site),
        "spec": {
            "failurePolicy": failures.set_policy(site.backoff_limit),
            "network": {"enableDNSHostnames": True},
            "ttlSecondsAfterFinished": site.ttl_s,
            "replicatedJobs": [{"name": ROLE, "replicas": 1, "template": {"spec": child}}],
        },
    }


def _pods(run: TrainingRun, site: Site) -> Json:
    deadline = run.placement.max_seconds
    return {
        "completionMode": "Indexed",
        "completions": run.placement.nodes,
        "parallelism": run.placement.nodes,
        **({"activeDeadlineSeconds": deadline} if deadline else {}),
        "template": pod_template(run, site),
    }


def _metadata(run: TrainingRun, site: Site) -> Json:
    placement = to_json(run.placement)
    return {
        "name": job_name(run),
        "namespace": site.namespace,
        "labels": {**labels(run, site), **_kueue(run, site)},
        "annotations": {SPEC: to_json(run.spec), **({PLACEMENT: placement} if placement != "{}" else {})},
    }


def _kueue(run: TrainingRun, site: Site) -> dict[str, str]:
    """Kueue's labels. `suspend` is left to its webhook: in the manifest, a second `kubectl apply` would pre-empt."""
    queue = run.placement.queue or site.queue
    priority = run.placement.priority_class or site.priority_class
    if not queue:
        return {}
    deadline = run.placement.max_seconds
    return {
        "kueue.x-k8s.io/queue-name": queue,
        **({"kueue.x-k8s.io/priority-class": priority} if priority else {}),
        **({"kueue.x-k8s.io/max-exec-time-seconds": str(deadline)} if deadline else {}),
    }
