"""The training process around a session: signals, settings, connections, and how it ends."""

import argparse
import asyncio
import fcntl
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import grpc.aio

from microcoder.config import ConfigError, load
from microcoder.core.errors import MicrocoderError
from microcoder.core.training import TrainingRun
from microcoder.rpc import JudgeClient, open_channel
from microcoder.store import Store
from microcoder.telemetry import get_logger, setup_logging
from microcoder.trainer.domain.outcome import ExitCode, Outcome, TrainingFailed, missing_packages
from microcoder.trainer.domain.ranks import Group
from microcoder.trainer.domain.run_folder import RunFolder
from microcoder.trainer.settings import TrainerServiceSettings, TrainerSettings
from microcoder.trainer.train.background import Background
from microcoder.trainer.train.data import PromptRow, load_prompts
from microcoder.trainer.train.judging import BatchJudge, JudgingLimits
from microcoder.trainer.train.ranks import run_group
from microcoder.trainer.train.recorder import Recorder, Records
from microcoder.trainer.train.stop import StopSignal
from microcoder.trainer.train.surroundings import Surroundings

_LOG = get_logger(__name__)

RESUME_AUTO = "auto"
_RECORD_PAUSE_S = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, and gives the exit code."""
    stop = StopSignal()
    stop.install()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a model is a folder; nothing is ever fetched while training
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve the judge beside them
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # a third of the time in the kernel on a CPU: pages of 4 KiB
    arguments = _parse(argv)
    try:
        settings = load(TrainerServiceSettings)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.BAD_REQUEST
    group = Group.of(arguments.processes, os.environ)
    if not group.single and "RANK" not in os.environ:
        given = sys.argv[1:] if argv is None else argv
        return run_group(group, given, grace_s=settings.trainer.stop_grace_s)
    setup_logging(settings.log, service="training", version=metadata.version("microcoder-trainer"))
    logging.getLogger("trl").setLevel(logging.ERROR)  # warns of every rollout without a reward, prompts and all
    folder = RunFolder(settings.trainer.runs_dir.resolve() / arguments.run)
    resume = arguments.resume == RESUME_AUTO
    leads = os.environ.get("RANK", "0") == "0"
    return _ended(folder, _Attempt(settings=settings, stop=stop, run_id=arguments.run, resume=resume, leads=leads))


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """What was asked for, and which attempt it turned out to be."""

    settings: TrainerServiceSettings
    stop: StopSignal
    run_id: str
    resume: bool
    leads: bool = True
    """It is the first, or the only one, of the run's processes: it holds the folder and tells how the run ended."""
    number: int = 1
    recorder: Recorder | None = None

    def outcome(self, code: ExitCode, message: str) -> Outcome:
        """How it ended, and how far it came."""
        if self.recorder is None:
            return Outcome(exit_code=code, message=message)
        return Outcome(
            exit_code=code,
            message=message,
            step=self.recorder.step_done,
            mean_reward=self.recorder.mean_reward,
            checkpoint=self.recorder.newest_checkpoint,
        )


def _ended(folder: RunFolder, attempt: _Attempt) -> ExitCode:
    """Runs it and leaves its outcome in the run's folder."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with _only_process(folder) if attempt.leads else nullcontext():
            code, message = ExitCode.FINISHED, f"The trained model is in {_work(attempt)}."
    except TrainingFailed as failed:
        code, message = failed.code, failed.message
    except ModuleNotFoundError as error:
        code, message = ExitCode.NO_PACKAGES, missing_packages(error.name or "?", sys.executable)
    except MicrocoderError as error:
        code, message = ExitCode.NO_STORE if error.retryable else ExitCode.BAD_REQUEST, error.message
    except Exception as error:  # noqa: BLE001  the last boundary: told in the log and in the outcome
        _LOG.exception("training failed")
        code, message = ExitCode.UNEXPECTED, f"Training failed: {type(error).__name__}: {str(error)[:500]}"
    _LOG.info("ended", run_id=attempt.run_id, exit_code=int(code), message=message)
    if not attempt.leads:
        return code
    outcome = attempt.outcome(code, message)
    outcome.write(folder.outcome(attempt.number))
    if attempt.settings.trainer.termination_log is not None:
        outcome.write_termination(attempt.settings.trainer.termination_log)
    return code


def _work(attempt: _Attempt) -> Path:
    with Background() as background:
        settings = attempt.settings
        store = background.run(Store.open(settings.store))
        channel = background.run(_channel(settings))
        try:
            run = background.run(_open_run(store, attempt))
            attempt.number = run.attempt
            rows = background.run(_rows(store, run))
            attempt.recorder = _recorder(store, run, rows, attempt)
            around = Surroundings(
                settings=settings.trainer,
                background=background,
                recorder=attempt.recorder,
                judge=BatchJudge(JudgeClient(channel), _judging_limits(settings.trainer)),
                stop=attempt.stop,
            )
            return _train(run, rows, around, resume=attempt.resume)
        finally:
            background.run(channel.close())
            background.run(store.close())


def _train(run: TrainingRun, rows: list[PromptRow], around: Surroundings, *, resume: bool) -> Path:
    if not (Path(run.spec.model) / "config.json").is_file():
        raise TrainingFailed(ExitCode.NO_MODEL, f"There is no checkpoint in {run.spec.model} on this machine.")
    around.say("loading torch")
    from microcoder.trainer.train import session  # noqa: PLC0415  # torch: takes seconds, or is missing

    return session.train(run, rows, around, resume=resume)


async def _channel(settings: TrainerServiceSettings) -> grpc.aio.Channel:
    return open_channel(settings.endpoints.judge, settings.channel)


async def _open_run(store: Store, attempt: _Attempt) -> TrainingRun:
    """The run's record, once it is there and active: a run made with kubectl gets its record from the service."""
    patience_s = attempt.settings.trainer.record_patience_s
    give_up = time.monotonic() + patience_s
    while True:
        run = await store.training_runs.find(attempt.run_id)
        if run is not None and not run.state.ended:
            return run
        if time.monotonic() >= give_up:
            raise TrainingFailed(ExitCode.NOT_YET if patience_s else ExitCode.BAD_REQUEST, _not_active(run, attempt))
        attempt.stop.check()
        await asyncio.sleep(_RECORD_PAUSE_S)


def _not_active(run: TrainingRun | None, attempt: _Attempt) -> str:
    if run is None:
        return f"There is no training run {attempt.run_id} in this store. Is the trainer service up?"
    return f"{run.id} is {run.state.value}; resume it through the service."


async def _rows(store: Store, run: TrainingRun) -> list[PromptRow]:
    release = await store.releases.find(run.spec.release_id)
    if release is None:
        raise TrainingFailed(ExitCode.BAD_RELEASE, f"There is no release {run.spec.release_id}.")
    return await load_prompts(release, store.blobs)


def _recorder(store: Store, run: TrainingRun, rows: list[PromptRow], attempt: _Attempt) -> Recorder:
    records = Records(
        runs=store.training_runs,
        metrics=store.training_metrics,
        samples=store.training_samples,
        timeline=store.timeline,
    )
    return Recorder(
        records,
        run,
        revisions={row["problem_id"]: row["revision"] for row in rows},
        samples_per_step=attempt.settings.trainer.samples_per_step,
        patience_s=attempt.settings.trainer.store_patience_s,
        stopping=lambda: attempt.stop.asked,
    )


def _judging_limits(settings: TrainerSettings) -> JudgingLimits:
    return JudgingLimits(
        sample_timeout_s=settings.judge_timeout_s,
        batch_timeout_s=settings.reward_timeout_s,
        concurrency=settings.judge_concurrency,
    )


@contextmanager
def _only_process(folder: RunFolder) -> Iterator[None]:
    """Holds the run's folder, which two processes at a time would ruin.

    Raises:
        TrainingFailed: Another process holds it.
    """
    with folder.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TrainingFailed(
                ExitCode.NOT_YET, f"Another process trains in {folder.path}; wait until it has ended."
            ) from error
        yield


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m microcoder.trainer.train",
        description="Trains one run. Settings come from MICROCODER_* variables and the file of MICROCODER_CONFIG.",
    )
    parser.add_argument("--run", required=True, help="id of the training run")
    parser.add_argument(
        "--resume",
        nargs="?",
        choices=(RESUME_AUTO, "never"),
        const=RESUME_AUTO,
        default="never",
        help="auto, also without a value: go on from the newest complete checkpoint, if any",
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="processes on this machine that train together, one GPU each"
    )
    return parser.parse_args(argv)
