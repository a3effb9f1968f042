from datetime import UTC, datetime

from microcoder.core.timeline import Stage, TimelineEntry, entry_id, state_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(stage: Stage, revision: int = 1) -> TimelineEntry:
    key = entry_id("p", revision, stage, "x")
    return TimelineEntry(id=key, problem_id="p", revision=revision, stage=stage, actor="x", time=NOW, summary="")


def test_nothing_known_is_no_state() -> None:
    assert state_of([]) is None


def test_state_is_the_furthest_stage_whatever_the_order() -> None:
    assert state_of([entry(Stage.VERIFIED), entry(Stage.COLLECTED), entry(Stage.NORMALIZED)]) is Stage.VERIFIED


def test_side_stages_do_not_move_the_state() -> None:
    assert state_of([entry(Stage.SCORED), entry(Stage.CALIBRATED), entry(Stage.TRAINED)]) is Stage.SCORED


def test_a_rejection_counts_only_for_its_revision() -> None:
    old = [entry(Stage.COLLECTED), entry(Stage.REJECTED)]
    assert state_of(old) is Stage.REJECTED
    assert state_of([*old, entry(Stage.COLLECTED, revision=2)]) is Stage.COLLECTED


def test_entry_id_tells_subjects_apart_and_repeats_itself() -> None:
    assert entry_id("p", 1, Stage.RELEASED, "scorer", "r1") != entry_id("p", 1, Stage.RELEASED, "scorer", "r2")
    assert entry_id("p", 1, Stage.RELEASED, "scorer", "r1") == entry_id("p", 1, Stage.RELEASED, "scorer", "r1")
