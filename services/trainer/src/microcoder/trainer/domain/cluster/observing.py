"""From what the cluster says about a run's object and pods to where the run stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.core.training import TrainingPhase
from microcoder.trainer.domain.cluster.pods import PodView, newest, view
from microcoder.trainer.domain.condition import Condition, Life

Object = Mapping[str, Any]

_DONE = ("Complete", "Completed")  # a Job's, a JobSet's
_FAILED = "Failed"
_DELETED = "Its Job was deleted, which cancels the run; its newest checkpoint counts."
_SAVING = "Asked to end; it saves a checkpoint."
_GENERAL = frozenset({"BackoffLimitExceeded", "PodFailurePolicy", "FailedJobs", ""})
"""Reasons of a failed object that a pod's own reason explains better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A Job or a JobSet, as far as it matters."""

    name: str
    pods_wanted: int
    suspended: bool
    deleted: bool
    restarted: bool
    done: bool
    failure: Object | None


def ended(item: Object) -> bool:
    """Whether a Job or JobSet has come to its end."""
    work = _read(item)
    return work.done or work.failure is not None


def observe(item: Object | None, pods: Sequence[Object]) -> Condition:
    """Where a run stands.

    Args:
        item: Its Job or JobSet; None where that was deleted.
        pods: The pods that belong to it, old ones too.
    """
    views = [view(pod) for pod in pods]
    alive = any(not pod.ended for pod in views)
    if item is None:
        words = next((pod.message for pod in reversed(newest(views)) if pod.ended and pod.message), "")
        message = f"{_DELETED} {words}".strip()
        return (
            _alive("", TrainingPhase.STOPPING, message=_SAVING)
            if alive
            else Condition(life=Life.REMOVED, message=message)
        )
    work = _read(item)
    if work.done:
        message = next((pod.message for pod in newest(views) if pod.exit_code == 0), "")
        return Condition(life=Life.SUCCEEDED, message=message or "Training is complete.", job=work.name)
    if work.failure is not None:
        return _failed(work, newest(views), work.failure)
    if work.deleted:
        return _alive(work.name, TrainingPhase.STOPPING, message=_SAVING)
    if work.suspended:
        return _suspended(work, alive=alive)
    return _under_way(work, newest(views))


def _read(item: Object) -> _Work:
    spec, status = item["spec"], item.get("status", {})
    true = {found["type"]: found for found in status.get("conditions", ()) if found["status"] == "True"}
    inner = spec["replicatedJobs"][0]["template"]["spec"] if "replicatedJobs" in spec else spec
    return _Work(
        name=item["metadata"]["name"],
        pods_wanted=int(inner.get("parallelism", 1)),
        suspended=bool(spec.get("suspend")),
        deleted="deletionTimestamp" in item["metadata"],
        restarted=bool(status.get("failed") or status.get("restarts")),
        done=any(name in true for name in _DONE),
        failure=true.get(_FAILED),
    )


def _failed(work: _Work, pods: Sequence[PodView], failure: Object) -> Condition:
    culprit = next((pod for pod in pods if pod.exit_code not in (None, 0)), None)
    reason = str(failure.get("reason", ""))
    message = str(failure.get("message", ""))
    if culprit is not None:
        reason = culprit.reason if culprit.reason and reason in _GENERAL else reason
        message = culprit.message or f"{message} (exit code {culprit.exit_code})"
    if reason == "OOMKilled":
        message = (
            "The training process was killed because it used more memory than its pod may. Ask for more memory, or use "
            f"a smaller model, LoRA or shorter completions, then resume the run. {message}"
        )
    return Condition(life=Life.FAILED, reason=reason, message=message.strip(), job=work.name)


def _suspended(work: _Work, *, alive: bool) -> Condition:
    if alive:
        return _alive(work.name, TrainingPhase.PREEMPTED, reason="Suspended", message=_SAVING)
    message = "Suspended: it waits for its turn in the queue, or for somebody to resume it."
    return _alive(work.name, TrainingPhase.QUEUED, reason="Suspended", message=message)


def _under_way(work: _Work, pods: Sequence[PodView]) -> Condition:
    if sum(pod.running for pod in pods) >= work.pods_wanted:
        return _alive(work.name, TrainingPhase.RUNNING)
    waiting = [pod for pod in pods if not pod.ended and not pod.running]
    unplaced = next((pod for pod in waiting if pod.reason in ("Unschedulable", "SchedulingGated")), None)
    if unplaced is not None:
        return _alive(work.name, TrainingPhase.QUEUED, reason=unplaced.reason, message=unplaced.message)
    gone = [pod for pod in pods if pod.ended or pod.ending or pod.disrupted]
    told = next((pod for pod in (*waiting, *gone) if pod.reason or pod.message), None)
    reason, message = (told.reason, told.message) if told else ("", "")
    if any(pod.disrupted for pod in gone):
        return _alive(work.name, TrainingPhase.PREEMPTED, reason=reason, message=message)
    if gone or work.restarted:
        return _alive(work.name, TrainingPhase.RESTARTING, reason=reason, message=message)
    return _alive(work.name, TrainingPhase.STARTING, reason=reason, message=message)


def _alive(job: str, phase: TrainingPhase, *, reason: str = "", message: str = "") -> Condition:
    return Condition(life=Life.ALIVE, phase=phase, reason=reason, message=message, job=job)
