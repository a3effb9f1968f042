"""What a run becomes when its process has ended."""

from dataclasses import replace
from datetime import datetime

from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun
from microcoder.trainer.domain.outcome import ExitCode, Outcome


def settled(run: TrainingRun, outcome: Outcome, now: datetime) -> TrainingRun | None:
    """The run after `outcome`; None where it was settled already.

    A process that stopped without anybody cancelling the run was pre-empted: the run waits for its next attempt.
    """
    if run.state is not RunState.RUNNING:
        return None
    if outcome.exit_code == ExitCode.STOPPED and not run.cancel_requested:
        return replace(run, state=RunState.PENDING, attempt=run.attempt + 1, message=f"{outcome.message} It goes on.")
    if outcome.exit_code == ExitCode.FINISHED:
        state = RunState.SUCCEEDED
    elif run.cancel_requested:
        state = RunState.CANCELLED
    else:
        state = RunState.FAILED
    return replace(run, state=state, message=outcome.message, finished_time=now)
