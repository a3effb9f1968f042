import pytest

from microcoder.core.errors import Unavailable
from microcoder.core.run import RunState
from microcoder.core.timeline import Stage
from microcoder.core.verdict import Verdict
from microcoder.store import Store
from microcoder.testing.builders import make_training_run
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed
from microcoder.trainer.domain.rewards import scored
from microcoder.trainer.train.recorder import Recorder, Records

RUN = make_training_run(state=RunState.RUNNING)
BATCH = [
    scored("p", "first \ud800", Verdict.AC, has_program=True),
    scored("p", "second", Verdict.WA, has_program=True),
    scored("q", "third", None, has_program=True),
]


def records(store: Store) -> Records:
    return Records(
        runs=store.training_runs,
        metrics=store.training_metrics,
        samples=store.training_samples,
        timeline=store.timeline,
    )


def recorder(store: Store, *, stopping: bool = False, samples: int = 16) -> Recorder:
    return Recorder(
        records(store),
        RUN,
        revisions={"p": 3, "q": 1},
        samples_per_step=samples,
        patience_s=0.0 if not stopping else 60.0,
        stopping=lambda: stopping,
    )


async def test_a_step_leaves_metrics_completions_progress_and_the_problems_first_use(store: Store) -> None:
    await store.training_runs.insert(RUN)
    await recorder(store).rollout(2, BATCH)
    await recorder(store).step(2, {"reward": 0.5, "loss": 0.1}, BATCH)
    point = await store.training_metrics.get(f"{RUN.id}:000002")
    assert point.values == {"reward": 0.5, "loss": 0.1}
    samples = (await store.training_samples.page(page_size=10)).items
    assert [(s.problem_id, s.verdict, s.reward) for s in samples] == [
        ("p", Verdict.AC, 1.0),
        ("p", Verdict.WA, 0.0),
        ("q", Verdict.IE, None),
    ]
    run = await store.training_runs.get(RUN.id)
    assert (run.progress.done, run.progress.total, run.mean_reward) == (2, RUN.spec.max_steps, 0.5)
    (entry,) = await store.timeline.of("p")
    assert (entry.stage, entry.revision, entry.details["step"]) == (Stage.TRAINED, 3, "2")


async def test_a_step_that_is_repeated_overwrites_itself(store: Store) -> None:
    await store.training_runs.insert(RUN)
    for _ in range(2):
        await recorder(store).rollout(1, BATCH)
        await recorder(store).step(1, {"reward": 0.5}, BATCH)
    assert await store.training_metrics.count() == 1
    assert await store.training_samples.count() == len(BATCH)
    assert len(await store.timeline.of("p")) == 1


async def test_no_more_completions_are_kept_than_asked_for(store: Store) -> None:
    await store.training_runs.insert(RUN)
    await recorder(store, samples=2).rollout(1, BATCH)
    assert await store.training_samples.count() == 2


async def test_an_attempt_that_was_overtaken_changes_the_run_no_more(store: Store) -> None:
    await store.training_runs.insert(make_training_run(state=RunState.RUNNING, attempt=2))
    await recorder(store).step(7, {"reward": 0.5}, BATCH)
    assert (await store.training_runs.get(RUN.id)).progress.done == 0


class Away:
    """A store whose database does not answer."""

    async def put(self, *_: object, **__: object) -> None:
        raise Unavailable("MongoDB does not answer")


def without_samples(store: Store) -> Records:
    return Records(
        runs=store.training_runs,
        metrics=store.training_metrics,
        samples=Away(),  # type: ignore[arg-type]
        timeline=store.timeline,
    )


@pytest.mark.parametrize("stopping", [False, True])
async def test_a_store_that_stays_away_ends_training_unless_it_is_ending_anyway(store: Store, stopping: bool) -> None:
    writer = Recorder(
        without_samples(store),
        RUN,
        revisions={"p": 1, "q": 1},
        samples_per_step=1,
        patience_s=60.0 if stopping else 0.0,
        stopping=lambda: stopping,
    )
    if stopping:
        await writer.rollout(1, BATCH)
    else:
        with pytest.raises(TrainingFailed) as caught:
            await writer.rollout(1, BATCH)
        assert caught.value.code is ExitCode.NO_STORE
