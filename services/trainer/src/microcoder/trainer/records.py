"""Changing the record of a run.

Two processes write it. The service owns `state`, `phase`, `reason`, `message`, `attempt`, `job`, `cancel_requested` and
the times; the training process owns `progress`, `mean_reward`, `checkpoint` and `trained_model`, and writes only while
the run is in the attempt that it was started for. Each reads the record, changes its own fields, and replaces it only
if nobody has written in between.
"""

import asyncio
from collections.abc import Callable, Sequence

from microcoder.core.training import TrainingRun
from microcoder.store.port import OutboxRecord, Repository, Where

Change = Callable[[TrainingRun], TrainingRun | None]
"""The record as it should be, or None to leave it."""

_ATTEMPTS = 20
_PAUSE_S = 0.05


async def change_run(
    runs: Repository[TrainingRun],
    run_id: str,
    change: Change,
    outbox: Callable[[TrainingRun], Sequence[OutboxRecord]] = lambda run: (),  # noqa: ARG005
) -> TrainingRun | None:
    """Applies `change` to the newest record, again if another writer came first.

    Args:
        runs: Where the record is.
        run_id: Which.
        change: Applied to what is stored; may run more than once.
        outbox: Messages that go with the changed record.

    Returns:
        The record as written, or None where `change` left it.

    Raises:
        NotFound: There is no such run.
        RuntimeError: Somebody else wrote every time.
    """
    for _ in range(_ATTEMPTS):
        before = await runs.get(run_id)
        after = change(before)
        if after is None:
            return None
        if await runs.replace_if(after, _as_read(before), outbox=outbox(after)):
            return after
        await asyncio.sleep(_PAUSE_S)
    raise RuntimeError(f"The record of {run_id} changed {_ATTEMPTS} times while it was being written.")


def _as_read(run: TrainingRun) -> Where:
    """What tells this version of the record from any other that either writer can make."""
    return {
        "state": run.state.value,
        "attempt": run.attempt,
        "cancel_requested": run.cancel_requested,
        "message": run.message,
        "progress.done": run.progress.done,
        "progress.message": run.progress.message,
        "checkpoint": run.checkpoint,
        # A record that an older version wrote lacks these.
        "phase": [run.phase.value, None],
        "reason": [run.reason, None],
        "job": [run.job, None],
        "trained_model": [run.trained_model, None],
    }
