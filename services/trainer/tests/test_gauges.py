"""Runs as metrics."""

from dataclasses import replace

from microcoder.core.run import RunState
from microcoder.store import Store
from microcoder.telemetry import Metric, Metrics
from microcoder.testing.builders import make_training_run
from microcoder.trainer.gauges import Gauges


async def test_runs_are_counted_by_state_and_only_those_that_train_have_a_reward(store: Store) -> None:
    metrics = Metrics(process=False)
    gauges = Gauges(store.training_runs, metrics)
    running = make_training_run(id="train-1", state=RunState.RUNNING, mean_reward=0.25)
    await store.training_runs.put(running)
    await store.training_runs.put(make_training_run(id="train-2", state=RunState.RUNNING, mean_reward=None))
    await store.training_runs.put(make_training_run(id="train-3", state=RunState.FAILED, mean_reward=0.5))
    await gauges.measure()
    assert metrics.value(Metric.TRAINING_RUNS, state="running") == 2
    assert metrics.value(Metric.TRAINING_RUNS, state="failed") == 1
    assert metrics.value(Metric.TRAINING_RUNS, state="pending") == 0
    assert metrics.render().count(b"microcoder_training_reward_mean{") == 1
    assert metrics.value(Metric.TRAINING_REWARD, run_id="train-1") == 0.25

    await store.training_runs.put(replace(running, state=RunState.SUCCEEDED))
    await gauges.measure()
    assert metrics.value(Metric.TRAINING_RUNS, state="succeeded") == 1
    assert b"microcoder_training_reward_mean{" not in metrics.render()
