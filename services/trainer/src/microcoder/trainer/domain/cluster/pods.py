"""What a pod's status says about the training process in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microcoder.trainer.domain.cluster.failures import COMES_BACK, CONTAINER

Object = Mapping[str, Any]

_MAX_MESSAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """One pod, as far as it matters."""

    index: int
    """Its place among the pods of its Job, from 0."""
    created: str
    """When it was made; texts of this form sort by time."""
    ended: bool
    """All its containers are done."""
    ending: bool
    """It was told to end and has not yet."""
    running: bool
    """The training process runs and is not asked to end."""
    disrupted: bool
    """It lost its place or saved itself: another pod goes on."""
    exit_code: int | None
    """Of the process, where it ended."""
    reason: str
    """Why it waits or ended, in Kubernetes' terms."""
    message: str
    """The same for people; of a process that ended its own last words."""


def view(pod: Object) -> PodView:
    """Reads a pod."""
    metadata, status = pod["metadata"], pod.get("status", {})
    container: Object = next((item for item in status.get("containerStatuses", ()) if item["name"] == CONTAINER), {})
    state = container.get("state", {})
    ended = state.get("terminated")
    exit_code = None if ended is None else int(ended["exitCode"])
    deleted = "deletionTimestamp" in metadata
    reason, message = _words(status, state)
    return PodView(
        index=int(metadata.get("annotations", {}).get("batch.kubernetes.io/job-completion-index", 0)),
        created=str(metadata.get("creationTimestamp", "")),
        ended=status.get("phase") in ("Succeeded", "Failed"),
        ending=deleted and status.get("phase") not in ("Succeeded", "Failed"),
        running="running" in state and not deleted,
        disrupted=_condition(status, "DisruptionTarget") is not None or exit_code in COMES_BACK,
        exit_code=exit_code,
        reason=reason,
        message=message,
    )


def newest(pods: Sequence[PodView]) -> list[PodView]:
    """The newest pod of each index, by index."""
    found: dict[int, PodView] = {}
    for pod in sorted(pods, key=lambda item: item.created):
        found[pod.index] = pod
    return [found[index] for index in sorted(found)]


def last_words(message: str) -> str:
    """The text for people in a termination message: the process writes JSON, a log's tail is taken as it is."""
    try:
        told = json.loads(message)
        return str(told["message"])[:_MAX_MESSAGE]
    except (ValueError, KeyError, TypeError):
        return message.strip()[-_MAX_MESSAGE:]


def _words(status: Object, state: Object) -> tuple[str, str]:
    if ended := state.get("terminated"):
        # "Error" and "Completed" only repeat the exit code.
        reason = ended.get("reason", "")
        return ("" if reason in ("Error", "Completed") else reason), last_words(ended.get("message", ""))
    if disrupted := _condition(status, "DisruptionTarget"):
        return disrupted.get("reason", ""), disrupted.get("message", "")
    waiting = state.get("waiting", {})
    if waiting.get("reason", "") not in ("", "ContainerCreating", "PodInitializing"):
        return waiting["reason"], waiting.get("message", "")
    scheduled: Object = next((item for item in status.get("conditions", ()) if item["type"] == "PodScheduled"), {})
    if scheduled.get("status") == "False":
        return scheduled.get("reason", ""), scheduled.get("message", "")
    return status.get("reason", ""), status.get("message", "")


def _condition(status: Object, kind: str) -> Object | None:
    return next(
        (item for item in status.get("conditions", ()) if item["type"] == kind and item["status"] == "True"), None
    )
