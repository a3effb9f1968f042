"""The beginning and the end of a training process in a pod; real processes that need no torch."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.run import RunState
from microcoder.core.training import TrainingSpec
from microcoder.store import Store, StoreSettings
from microcoder.testing.builders import make_training_run
from microcoder.trainer.domain.outcome import ExitCode, Outcome

RUN = make_training_run(id="train-pod", spec=TrainingSpec(release_id="none", model="/no/model"))


class Pod:
    """Starts the process as its manifest does."""

    def __init__(self, settings: StoreSettings, folder: Path) -> None:
        self.termination_log = folder / "termination-log"
        self.termination_log.touch()
        self._environment = {
            **os.environ,
            "MICROCODER_STORE__URI": settings.uri.get_secret_value(),
            "MICROCODER_STORE__DATABASE": settings.database,
            "MICROCODER_TRAINER__RUNS_DIR": str(folder / "runs"),
            "MICROCODER_TRAINER__TERMINATION_LOG": str(self.termination_log),
        }

    async def start(self, patience_s: float) -> Any:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "microcoder.trainer.train", "--run", RUN.id, "--resume=auto"),
            env={**self._environment, "MICROCODER_TRAINER__RECORD_PATIENCE_S": str(patience_s)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    def last_words(self) -> Outcome:
        told = Outcome.read(self.termination_log)
        assert told is not None
        return told


@pytest.fixture
def pod(store_settings: StoreSettings, tmp_path: Path) -> Pod:
    return Pod(store_settings, tmp_path)


@pytest.mark.parametrize("known", [False, True])
async def test_without_an_active_record_it_ends_with_a_code_that_is_no_failure(
    pod: Pod, store: Store, known: bool
) -> None:
    if known:
        await store.training_runs.insert(make_training_run(id=RUN.id, state=RunState.CANCELLED))
    process = await pod.start(0.6)
    assert await asyncio.wait_for(process.wait(), 60) == ExitCode.NOT_YET
    assert ("is cancelled" if known else "no training run") in pod.last_words().message


async def test_it_waits_for_the_service_to_take_its_run_in(pod: Pod, store: Store) -> None:
    process = await pod.start(60)
    await asyncio.sleep(1)
    await store.training_runs.insert(RUN)
    assert await asyncio.wait_for(process.wait(), 60) == ExitCode.BAD_RELEASE
    assert pod.last_words() == Outcome(exit_code=65, message="There is no release none.")


async def test_sigterm_while_it_waits_is_a_clean_stop(pod: Pod) -> None:
    process = await pod.start(60)
    await asyncio.sleep(1)  # loading or waiting, it makes no difference
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 60) in (ExitCode.STOPPED, -signal.SIGTERM)  # before Python itself ran
