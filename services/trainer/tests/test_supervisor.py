"""Runs against real child processes."""

import asyncio
import json
import os
import signal
from dataclasses import replace
from typing import Any

import pytest

from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun
from microcoder.rpc import watch
from microcoder.testing.builders import NOW, make_training_run

Bench = Any


async def add(bench: Bench, run_id: str = "train-000001", **fields: Any) -> TrainingRun:
    run = make_training_run(id=run_id, **fields)
    await bench.store.training_runs.insert(run)
    return run


def is_running(run: TrainingRun) -> bool:
    return run.state is RunState.RUNNING


def has_ended(run: TrainingRun) -> bool:
    return run.state.ended


async def test_a_run_is_started_and_settled_and_every_change_is_announced(bench: Bench) -> None:
    bench.plan("finish")
    run = await add(bench)
    ended = await bench.until(run.id, has_ended)
    assert (ended.state, ended.message) == (RunState.SUCCEEDED, "The trained model is in final.")
    assert ended.started_time is not None
    assert ended.finished_time is not None
    ((_, events),) = await bench.store.training_runs.pending_outbox()
    assert [event.value for event in events] == [b"running", b"succeeded"]


async def test_one_waits_while_another_runs_and_the_older_goes_first(bench: Bench) -> None:
    await add(bench, "train-a", created_time=NOW.replace(hour=13))
    await add(bench, "train-b", created_time=NOW.replace(hour=12))
    await bench.until("train-b", is_running)
    for _ in range(3):
        await bench.supervisor.reconcile()
    assert (await bench.store.training_runs.get("train-a")).state is RunState.PENDING


async def test_cancelling_lets_the_process_save_itself(bench: Bench) -> None:
    run = await add(bench)
    await bench.started(run.id)
    running = await bench.store.training_runs.get(run.id)
    await bench.store.training_runs.put(replace(running, cancel_requested=True))
    ended = await bench.until(run.id, has_ended)
    assert (ended.state, ended.message) == (RunState.CANCELLED, "Stopped after step 3 of 10; it can be resumed.")


async def test_a_process_that_does_not_end_is_killed(bench: Bench) -> None:
    bench.plan("deaf")
    bench.restart(stop_grace_s=0.3)
    run = await add(bench)
    await bench.until(run.id, lambda now: (bench.runs_dir / now.id / "deaf").exists())
    running = await bench.store.training_runs.get(run.id)
    await bench.store.training_runs.put(replace(running, cancel_requested=True))
    assert (await bench.until(run.id, has_ended)).state is RunState.CANCELLED


async def test_a_restarted_service_takes_a_running_process_over(bench: Bench) -> None:
    run = await add(bench)
    await bench.started(run.id)
    before = json.loads((bench.runs_dir / run.id / "process.json").read_text())
    bench.restart()
    await bench.supervisor.reconcile()
    assert json.loads((bench.runs_dir / run.id / "process.json").read_text()) == before
    running = await bench.store.training_runs.get(run.id)
    assert is_running(running)
    await bench.store.training_runs.put(replace(running, cancel_requested=True))
    assert (await bench.until(run.id, has_ended)).state is RunState.CANCELLED


async def test_a_process_that_died_unseen_fails_the_run_in_plain_words(bench: Bench) -> None:
    run = await add(bench)
    await bench.started(run.id)
    os.kill(json.loads((bench.runs_dir / run.id / "process.json").read_text())["pid"], signal.SIGKILL)
    bench.restart()
    ended = await bench.until(run.id, has_ended)
    assert ended.state is RunState.FAILED
    assert "was killed" in ended.message


async def test_a_foreign_process_with_the_same_id_is_not_taken_for_ours(bench: Bench) -> None:
    run = await add(bench, state=RunState.RUNNING)
    folder = bench.runs_dir / run.id
    folder.mkdir()
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "started": 1, "attempt": 1}))
    assert (await bench.until(run.id, has_ended)).state is RunState.FAILED


async def test_a_crash_between_record_and_process_starts_the_process_later(bench: Bench) -> None:
    bench.plan("finish")
    run = await add(bench, state=RunState.RUNNING)
    assert (await bench.until(run.id, has_ended)).state is RunState.SUCCEEDED


async def test_a_pre_empted_run_goes_on_by_itself(bench: Bench) -> None:
    run = await add(bench)
    await bench.started(run.id)
    await bench.launcher.close()
    waiting = await bench.until(run.id, lambda now: now.attempt == 2)
    assert waiting.finished_time is None
    bench.plan("finish")
    await bench.until(run.id, has_ended)
    assert (bench.runs_dir / run.id / "arguments").read_text() == f"--run {run.id} --resume"


async def test_missing_packages_are_explained(bench: Bench) -> None:
    bench.plan("no torch")
    run = await add(bench)
    ended = await bench.until(run.id, has_ended)
    assert ended.state is RunState.FAILED
    assert "lacks the Python package torch_is_not_here" in ended.message


async def test_an_interpreter_that_is_not_there_fails_the_run(bench: Bench) -> None:
    bench.restart(python="/no/such/python")
    run = await add(bench)
    ended = await bench.until(run.id, has_ended)
    assert ended.state is RunState.FAILED
    assert "MICROCODER_TRAINER__PYTHON" in ended.message


async def test_a_nudge_is_answered_at_once(bench: Bench) -> None:
    bench.plan("finish")
    task = asyncio.create_task(bench.supervisor.run())
    run = await add(bench)
    bench.supervisor.nudge()
    try:
        async with asyncio.timeout(10):
            states = [now.state async for now in watch(lambda: bench.store.training_runs.get(run.id), ended=has_ended)]
        assert states[-1] is RunState.SUCCEEDED
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
