"""What Jobs, JobSets and pods as Kubernetes shows them mean for a run."""

import json
from typing import Any

import pytest

from microcoder.core.training import TrainingPhase
from microcoder.trainer.domain.cluster.observing import observe
from microcoder.trainer.domain.condition import Life

Json = dict[str, Any]


def job(*conditions: Json, parallelism: int = 1, suspend: bool = False, **status: Any) -> Json:
    return {
        "metadata": {"name": "train-1"},
        "spec": {"parallelism": parallelism, "suspend": suspend},
        "status": {"conditions": list(conditions), **status},
    }


def jobset(*conditions: Json, parallelism: int, **status: Any) -> Json:
    inner = {"replicatedJobs": [{"template": {"spec": {"parallelism": parallelism}}}]}
    return {"metadata": {"name": "train-1"}, "spec": inner, "status": {"conditions": list(conditions), **status}}


def true(kind: str, reason: str = "", message: str = "") -> Json:
    return {"type": kind, "status": "True", "reason": reason, "message": message}


def pod(
    state: Json | None = None, *, phase: str = "Running", index: int = 0, created: int = 0, deleted: bool = False,
    conditions: tuple[Json, ...] = (),
) -> Json:  # fmt: skip
    return {
        "metadata": {
            "creationTimestamp": f"2026-03-14T12:00:{created:02d}Z",
            "annotations": {"batch.kubernetes.io/job-completion-index": str(index)},
            **({"deletionTimestamp": "2026-03-14T12:01:00Z"} if deleted else {}),
        },
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "containerStatuses": [{"name": "trainer", "state": state}] if state else [],
        },
    }


RUNNING = {"running": {"startedAt": "x"}}
UNPLACED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
EVICTED = true("DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting")


def exited(code: int, message: str = "", reason: str = "Error") -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("item", "pods", "phase", "reason"),
    [
        (job(), [], TrainingPhase.STARTING, ""),
        (job(suspend=True), [], TrainingPhase.QUEUED, "Suspended"),
        (job(suspend=True), [pod(RUNNING, deleted=True)], TrainingPhase.PREEMPTED, "Suspended"),
        (job(), [pod(phase="Pending", conditions=(UNPLACED,))], TrainingPhase.QUEUED, "Unschedulable"),
        (job(), [pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending")], TrainingPhase.STARTING, ""),
        (
            job(),
            [pod({"waiting": {"reason": "ImagePullBackOff", "message": "no"}}, phase="Pending")],
            TrainingPhase.STARTING,
            "ImagePullBackOff",
        ),
        (job(), [pod(RUNNING)], TrainingPhase.RUNNING, ""),
        (job(), [pod(RUNNING, deleted=True)], TrainingPhase.RESTARTING, ""),
        (job(failed=1), [pod(exited(1), phase="Failed")], TrainingPhase.RESTARTING, ""),
        (job(failed=1), [pod(exited(137, reason="OOMKilled"), phase="Failed")], TrainingPhase.RESTARTING, "OOMKilled"),
        (job(), [pod(exited(143), phase="Failed")], TrainingPhase.PREEMPTED, ""),
        (job(), [pod(RUNNING, deleted=True, conditions=(EVICTED,))], TrainingPhase.PREEMPTED, "EvictionByEvictionAPI"),
        (job(failed=1), [pod(exited(1), phase="Failed"), pod(RUNNING, created=9)], TrainingPhase.RUNNING, ""),
        (jobset(parallelism=2), [pod(RUNNING), pod(phase="Pending", index=1)], TrainingPhase.STARTING, ""),
        (jobset(parallelism=2), [pod(RUNNING), pod(RUNNING, index=1)], TrainingPhase.RUNNING, ""),
        (jobset(parallelism=2, restarts=1), [], TrainingPhase.RESTARTING, ""),
        (job(true("FailureTarget", "PodFailurePolicy")), [pod(RUNNING)], TrainingPhase.RUNNING, ""),
        (None, [pod(RUNNING, deleted=True)], TrainingPhase.STOPPING, ""),
    ],
)  # fmt: skip
def test_phases_of_what_is_alive(item: Json | None, pods: list[Json], phase: TrainingPhase, reason: str) -> None:
    seen = observe(item, pods)
    assert (seen.life, seen.phase, seen.reason) == (Life.ALIVE, phase, reason)


@pytest.mark.parametrize("kind", ["Complete", "Completed"])
def test_the_last_words_of_a_process_that_finished_are_told(kind: str) -> None:
    words = json.dumps({"exit_code": 0, "message": "The trained model is in /runs/train-1/final."})
    seen = observe(job(true(kind)), [pod(exited(0, words, "Completed"), phase="Succeeded")])
    assert (seen.life, seen.message) == (Life.SUCCEEDED, "The trained model is in /runs/train-1/final.")


@pytest.mark.parametrize(
    ("condition", "ended", "reason", "words"),
    [
        (true("Failed", "PodFailurePolicy"), exited(65, '{"message": "no prompt"}'), "PodFailurePolicy", "no prompt"),
        (true("Failed", "BackoffLimitExceeded", "limit"), exited(1), "BackoffLimitExceeded", "limit (exit code 1)"),
        (true("Failed", "BackoffLimitExceeded"), exited(1, "Traceback\nboom"), "BackoffLimitExceeded", "boom"),
        (true("Failed", "BackoffLimitExceeded"), exited(137, reason="OOMKilled"), "OOMKilled", "more memory"),
        (true("Failed", "DeadlineExceeded", "too long"), None, "DeadlineExceeded", "too long"),
    ],
)
def test_why_a_run_failed(condition: Json, ended: Json | None, reason: str, words: str) -> None:
    seen = observe(job(condition), [pod(ended, phase="Failed")] if ended else [])
    assert (seen.life, seen.reason) == (Life.FAILED, reason)
    assert words in seen.message


def test_a_deleted_job_whose_pods_are_gone_cancels_the_run() -> None:
    assert observe(None, []).life is Life.REMOVED
    words = json.dumps({"exit_code": 143, "message": "Stopped after step 3 of 10; it can be resumed."})
    assert "step 3 of 10" in observe(None, [pod(exited(143, words), phase="Failed")]).message
