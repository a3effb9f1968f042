"""What a run becomes by what is known of its processes."""

from dataclasses import replace
from datetime import datetime

from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase, TrainingRun
from microcoder.trainer.domain.condition import Condition, Life

_WAITING = (TrainingPhase.QUEUED, TrainingPhase.STARTING)
_ENDS = {
    Life.SUCCEEDED: (RunState.SUCCEEDED, TrainingPhase.SUCCEEDED),
    Life.FAILED: (RunState.FAILED, TrainingPhase.FAILED),
    Life.REMOVED: (RunState.CANCELLED, TrainingPhase.CANCELLED),
}


def followed(run: TrainingRun, condition: Condition, now: datetime) -> TrainingRun | None:
    """The run after `condition` was seen; None where that changes nothing."""
    if run.state.ended or condition.life is Life.ABSENT:
        return None
    after = _alive(run, condition, now) if condition.life is Life.ALIVE else _ended(run, condition, now)
    return None if after == run else after


def _alive(run: TrainingRun, condition: Condition, now: datetime) -> TrainingRun:
    phase = TrainingPhase.STOPPING if run.cancel_requested else condition.phase
    state = RunState.PENDING if phase in _WAITING else RunState.RUNNING
    return replace(
        run,
        state=state,
        phase=phase,
        reason=condition.reason,
        message=condition.message,
        job=condition.job or run.job,
        started_time=run.started_time or (now if state is RunState.RUNNING else None),
    )


def _ended(run: TrainingRun, condition: Condition, now: datetime) -> TrainingRun:
    """What was cancelled is that, however its processes ended, unless they were done before."""
    if condition.life is Life.PREEMPTED and not run.cancel_requested:
        message = f"{condition.message} It goes on."
        return replace(
            run, state=RunState.PENDING, phase=TrainingPhase.QUEUED, attempt=run.attempt + 1, message=message
        )
    cancelled = run.cancel_requested and condition.life is not Life.SUCCEEDED
    state, phase = _ENDS[Life.REMOVED if cancelled else condition.life]
    return replace(run, state=state, phase=phase, reason=condition.reason, message=condition.message, finished_time=now)
