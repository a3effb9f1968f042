"""Objects that somebody else made: which run each is, and what is to be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from microcoder.core.errors import InvalidArgument
from microcoder.core.run import Progress, RunState
from microcoder.core.training import Placement, TrainingPhase, TrainingRun, TrainingSpec
from microcoder.trainer.domain.cluster import labels
from microcoder.trainer.domain.cluster.annotations import from_json
from microcoder.trainer.domain.cluster.observing import ended
from microcoder.trainer.domain.validation import check_spec

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A Job or JobSet that belongs to a run."""

    job: str
    """Name of the object."""
    run_id: str
    """The run, from its label."""
    attempt: int | None
    """Which attempt the service said it is; None where it was not taken in yet."""
    ended: bool
    """It has come to its end."""
    run: TrainingRun | None
    """The run that it describes; None where it cannot be read."""
    problem: str = ""
    """Why it cannot be read, for people."""


class Action(StrEnum):
    """What is to be done about a claim."""

    NOTHING = "nothing"
    ADOPT = "adopt"
    """Write `record` and mark the object with its attempt."""
    REFUSE = "refuse"
    """Suspend the object and write on it why."""
    REMOVE = "remove"
    """Delete the object: its run has ended, or goes on elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done, and with what."""

    action: Action
    record: TrainingRun | None = None
    """The record as it should be."""
    why: str = ""
    """Of a refusal, for people."""


def read_claim(item: Object, now: datetime) -> Claim | None:
    """The claim of an object; None where the service has refused it before."""
    metadata = item["metadata"]
    notes = metadata.get("annotations", {})
    if labels.REFUSED in notes:
        return None
    attempt = notes.get(labels.ATTEMPT, "")
    run: TrainingRun | None = None
    problem = ""
    try:
        run = _described(metadata, notes, now)
    except InvalidArgument as error:
        problem = error.message
    return Claim(
        job=metadata["name"],
        run_id=metadata["labels"][labels.RUN_ID],
        attempt=int(attempt) if attempt.isdecimal() else None,
        ended=ended(item),
        run=run,
        problem=problem,
    )


def decide(claim: Claim, record: TrainingRun | None) -> Decision:
    """What is to be done about a claim.

    Args:
        claim: The object.
        record: The run of that id, None where there is none.
    """
    if record is not None and claim.attempt is not None:
        orphan = record.state.ended or claim.attempt < record.attempt
        return Decision(action=Action.REMOVE if orphan and not claim.ended else Action.NOTHING)
    if record is not None and not record.state.ended:
        return _about_active(claim, record)
    if claim.run is None:
        return _refusal(claim.problem)
    if record is None:
        return Decision(action=Action.ADOPT, record=replace(claim.run, attempt=claim.attempt or 1))
    if record.state is RunState.SUCCEEDED:
        return _refusal(f"{record.id} has succeeded already. Give the new run another label {labels.RUN_ID}.")
    return Decision(action=Action.ADOPT, record=_again(record, claim.run))


def _about_active(claim: Claim, record: TrainingRun) -> Decision:
    """An object without a number for a run that goes on: its own after a crash or a quick delete and apply, or not."""
    if record.job in ("", claim.job):
        return Decision(action=Action.ADOPT, record=replace(record, job=claim.job))
    return _refusal(f"{record.id} is at work as {record.job}. Delete that one first.")


def _again(record: TrainingRun, described: TrainingRun) -> TrainingRun:
    """The run goes on from its checkpoint, as its newly applied manifest says."""
    return replace(
        record,
        spec=described.spec,
        placement=described.placement,
        state=RunState.PENDING,
        phase=TrainingPhase.QUEUED,
        attempt=record.attempt + 1,
        cancel_requested=False,
        message="",
        reason="",
        job=described.job,
        finished_time=None,
    )


def _described(metadata: Object, notes: Object, now: datetime) -> TrainingRun:
    own = metadata["labels"]
    if labels.SPEC not in notes:
        raise InvalidArgument(f"It has no annotation {labels.SPEC}; `microcoder train manifest` prints a whole one.")
    spec = from_json(notes[labels.SPEC], TrainingSpec, f"The annotation {labels.SPEC}")
    check_spec(spec)
    placement = from_json(notes.get(labels.PLACEMENT, "{}"), Placement, f"The annotation {labels.PLACEMENT}")
    return TrainingRun(
        id=own[labels.RUN_ID],
        spec=spec,
        placement=placement,
        name=own.get(f"{labels.PREFIX}run-name", ""),
        owner=own.get(f"{labels.PREFIX}user", ""),
        progress=Progress(total=spec.max_steps, unit="steps"),
        job=metadata["name"],
        created_time=now,
    )


def _refusal(why: str) -> Decision:
    return Decision(action=Action.REFUSE, why=why)
