"""What becomes of objects that were made past the service."""

from dataclasses import replace
from typing import Any

import pytest

from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun
from microcoder.testing.builders import NOW, make_training_run
from microcoder.trainer.domain.cluster import labels
from microcoder.trainer.domain.cluster.adoption import Action, Claim, decide, read_claim
from microcoder.trainer.domain.cluster.manifest import manifests, numbered
from microcoder.trainer.domain.cluster.site import Site

RUN = make_training_run(name="kinds", owner="ada")


def claim_of(run: TrainingRun = RUN, *, attempt: int = 0, **annotations: str) -> Claim:
    (item,) = manifests(run, Site())
    item = numbered(item, attempt) if attempt else item
    item["metadata"]["annotations"] |= {f"microcoder.dev/{name}": text for name, text in annotations.items()}
    claim = read_claim(item, NOW)
    assert claim is not None
    return claim


def test_an_unknown_object_becomes_the_run_that_it_describes() -> None:
    decision = decide(claim_of(), None)
    assert decision.action is Action.ADOPT
    made = decision.record
    assert made is not None
    assert (made.id, made.spec, made.name, made.owner, made.attempt) == (RUN.id, RUN.spec, "kinds", "ada", 1)
    assert (made.state, made.job) == (RunState.PENDING, labels.job_name(RUN))


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
def test_applied_again_a_run_goes_on_as_its_next_attempt_and_may_be_longer(state: RunState) -> None:
    longer = replace(RUN, spec=replace(RUN.spec, max_steps=999))
    ended = replace(RUN, state=state, attempt=2, checkpoint="c", finished_time=NOW)
    made = decide(claim_of(longer), ended).record
    assert made is not None
    assert (made.state, made.attempt, made.spec.max_steps, made.checkpoint) == (RunState.PENDING, 3, 999, "c")
    assert made.finished_time is None


def test_a_run_that_succeeded_is_not_begun_again() -> None:
    decision = decide(claim_of(), replace(RUN, state=RunState.SUCCEEDED))
    assert decision.action is Action.REFUSE
    assert "succeeded" in decision.why


def test_a_second_object_for_a_run_that_goes_on_is_refused() -> None:
    busy = replace(RUN, state=RunState.RUNNING, job="another")
    assert decide(claim_of(), busy).action is Action.REFUSE


def test_after_a_crash_between_record_and_mark_the_object_is_marked() -> None:
    decision = decide(claim_of(), replace(RUN, job=labels.job_name(RUN)))
    assert decision.action is Action.ADOPT


@pytest.mark.parametrize(
    ("record", "action"),
    [
        (replace(RUN, state=RunState.RUNNING), Action.NOTHING),
        (replace(RUN, state=RunState.CANCELLED), Action.REMOVE),
        (replace(RUN, state=RunState.RUNNING, attempt=2), Action.REMOVE),
        (None, Action.ADOPT),
    ],
)
def test_objects_of_the_service_go_with_their_records(record: TrainingRun | None, action: Action) -> None:
    assert decide(claim_of(attempt=1), record).action is action


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"model": "m"}', "lacks a field"),
        ('{"release_id": "r", "model": "m", "steps": 3}', "no field steps"),
        ('{"release_id": "r", "model": 3}', "must be text"),
        ('{"release_id": "r", "model": "m", "algorithm": "ppo"}', "one of grpo"),
        ('{"release_id": "r", "model": "m", "max_steps": true}', "must be a number"),
        ('{"release_id": "r", "model": "m", "group_size": 1}', "group_size"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(spec: str, words: str) -> None:
    decision = decide(claim_of(spec=spec), None)
    assert decision.action is Action.REFUSE
    assert words in decision.why


def test_what_was_refused_is_left_alone() -> None:
    (item,) = manifests(RUN, Site())
    notes: dict[str, Any] = item["metadata"]["annotations"]
    notes[labels.REFUSED] = "why"
    assert read_claim(item, NOW) is None
