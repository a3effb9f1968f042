"""What the cluster does when a training process fails. Exit codes: `microcoder.trainer.domain.outcome`."""

from typing import Any

from microcoder.trainer.domain.outcome import ExitCode

CONTAINER = "trainer"
PERMANENT = tuple(range(64, 74))
"""Exit codes after which another start would fail the same way."""
COMES_BACK = (int(ExitCode.NOT_YET), int(ExitCode.STOPPED))
"""Exit codes of a process that saved itself, or that was not allowed to begin yet: no failure."""


def job_policy() -> dict[str, Any]:
    """`podFailurePolicy` of a Job whose pods are replaced one by one; what no rule names counts to `backoffLimit`.

    The order matters: a permanent error is one even where the node goes down at the same time.
    """
    return {"rules": [_exit_rule("FailJob", PERMANENT), _disrupted("Ignore"), _exit_rule("Ignore", COMES_BACK)]}


def child_policy() -> dict[str, Any]:
    """`podFailurePolicy` of a Job in a JobSet. One rank that is gone ends all: the others wait for it in vain."""
    return {"rules": [_exit_rule("FailJob", PERMANENT), _disrupted("FailJob"), _exit_rule("FailJob", COMES_BACK)]}


def set_policy(max_restarts: int) -> dict[str, Any]:
    """`failurePolicy` of a JobSet: permanent errors end it, disruptions start it again for nothing, the rest counts.

    The child's message names the rule of `child_policy` that failed it, by position.
    """
    return {
        "maxRestarts": max_restarts,
        "rules": [
            {
                "name": "permanent",
                "action": "FailJobSet",
                "onJobFailureReasons": ["PodFailurePolicy"],
                "onJobFailureMessagePatterns": ["rule at index 0$"],
            },
            {
                "name": "disrupted",
                "action": "RestartJobSetAndIgnoreMaxRestarts",
                "onJobFailureReasons": ["PodFailurePolicy"],
            },
            {"name": "deadline", "action": "FailJobSet", "onJobFailureReasons": ["DeadlineExceeded"]},
        ],
    }


def _exit_rule(action: str, codes: tuple[int, ...]) -> dict[str, Any]:
    return {"action": action, "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": list(codes)}}


def _disrupted(action: str) -> dict[str, Any]:
    return {"action": action, "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
