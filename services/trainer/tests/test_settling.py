import pytest

from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase
from microcoder.testing.builders import NOW, make_training_run
from microcoder.trainer.domain.condition import Condition, Life
from microcoder.trainer.domain.settling import followed


@pytest.mark.parametrize(
    ("life", "cancelled", "state"),
    [
        (Life.SUCCEEDED, False, RunState.SUCCEEDED),
        (Life.SUCCEEDED, True, RunState.SUCCEEDED),
        (Life.PREEMPTED, True, RunState.CANCELLED),
        (Life.FAILED, True, RunState.CANCELLED),
        (Life.REMOVED, False, RunState.CANCELLED),
        (Life.PREEMPTED, False, RunState.PENDING),
        (Life.FAILED, False, RunState.FAILED),
    ],
)
def test_what_a_run_becomes(life: Life, cancelled: bool, state: RunState) -> None:
    run = make_training_run(state=RunState.RUNNING, cancel_requested=cancelled)
    after = followed(run, Condition(life=life, message="so"), NOW)
    assert after is not None
    assert after.state is state
    assert (after.finished_time is None) is (state is RunState.PENDING)
    assert after.attempt == (2 if state is RunState.PENDING else 1)
    assert after.phase.value == (state.value if after.state.ended else "queued")


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        (TrainingPhase.QUEUED, RunState.PENDING),
        (TrainingPhase.STARTING, RunState.PENDING),
        (TrainingPhase.RUNNING, RunState.RUNNING),
        (TrainingPhase.RESTARTING, RunState.RUNNING),
        (TrainingPhase.PREEMPTED, RunState.RUNNING),
    ],
)
def test_the_state_follows_the_phase(phase: TrainingPhase, state: RunState) -> None:
    condition = Condition(life=Life.ALIVE, phase=phase, reason="Why", job="j")
    after = followed(make_training_run(), condition, NOW)
    assert after is None or (after.state, after.phase, after.reason, after.job) == (state, phase, "Why", "j")
    running = followed(make_training_run(state=RunState.RUNNING, phase=TrainingPhase.RUNNING), condition, NOW)
    assert running is not None
    assert running.state is state


def test_one_that_was_cancelled_is_stopping_until_it_ends() -> None:
    run = make_training_run(state=RunState.RUNNING, cancel_requested=True)
    after = followed(run, Condition(life=Life.ALIVE), NOW)
    assert after is not None
    assert (after.state, after.phase) == (RunState.RUNNING, TrainingPhase.STOPPING)


def test_what_is_seen_again_changes_nothing() -> None:
    run = make_training_run()
    once = followed(run, Condition(life=Life.ALIVE), NOW)
    assert once is not None
    assert once.started_time == NOW
    assert followed(once, Condition(life=Life.ALIVE), NOW) is None
    assert followed(run, Condition(life=Life.ABSENT), NOW) is None


def test_a_run_that_has_ended_stays() -> None:
    assert followed(make_training_run(state=RunState.FAILED), Condition(life=Life.SUCCEEDED), NOW) is None
