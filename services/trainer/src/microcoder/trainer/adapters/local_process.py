"""Training processes as children of the service, on its machine.

Each has a folder, `<runs_dir>/<run>`: `process.json` says which process it is, so that a restarted service finds it
again; `outcome-<attempt>.json` is what the process leaves behind; `logs/` has one file per attempt.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from microcoder.core.errors import FailedPrecondition
from microcoder.core.training import Placement, TrainingRun, TrainingSpec
from microcoder.trainer.adapters.processes import ProcessMark
from microcoder.trainer.domain.cluster.adoption import Claim
from microcoder.trainer.domain.condition import Condition, Life
from microcoder.trainer.domain.outcome import ExitCode, Outcome, explain
from microcoder.trainer.domain.run_folder import RunFolder

ENTRY = ("-m", "microcoder.trainer.train")
_TAIL_BYTES = 4_096
_CLOSE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One attempt of one run: the unit that is started and stopped."""

    run_id: str
    attempt: int

    @classmethod
    def of(cls, run: TrainingRun) -> "_Job":
        return cls(run_id=run.id, attempt=run.attempt)


class LocalLauncher:
    """Fills the port `Launcher`.

    Args:
        python: Interpreter of the training environment.
        runs_dir: Folder of the runs' folders.
        environment: Settings for the process, on top of the service's own environment.
        entry: Arguments of the interpreter before those of the job.
    """

    def __init__(
        self, python: str, runs_dir: Path, environment: Mapping[str, str], entry: Sequence[str] = ENTRY
    ) -> None:
        self._python = python
        self._runs_dir = runs_dir
        self._environment = dict(environment)
        self._entry = tuple(entry)
        self._children: dict[_Job, subprocess.Popen[bytes]] = {}

    def wrong_fields(self, spec: TrainingSpec, placement: Placement) -> dict[str, str]:
        del placement  # one process on this machine, whatever is asked for
        folder = Path(spec.model)
        if not folder.is_dir():
            return {"spec.model": f"is no folder on the trainer's machine: {spec.model}"}
        if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
            return {"spec.model": f"must hold config.json and *.safetensors: {spec.model}"}
        return {}

    async def launch(self, run: TrainingRun) -> str:
        job = _Job.of(run)
        if self._mark(job) is None:
            self._children[job] = child = self._start(job)
            ProcessMark.of(child.pid, job.attempt).write(self._folder(job).process)
        return ""

    def _start(self, job: _Job) -> subprocess.Popen[bytes]:
        folder = self._folder(job)
        folder.logs.mkdir(parents=True, exist_ok=True)
        command = [self._python, *self._entry, "--run", job.run_id, *(["--resume"] if job.attempt > 1 else [])]
        try:
            with folder.log(job.attempt).open("ab") as log:
                return subprocess.Popen(
                    command,
                    env={**os.environ, **self._environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C of a terminal is for the service, which then stops it with care
                )
        except OSError as error:
            raise FailedPrecondition(
                f"The training process cannot be started: {self._python}: {error.strerror}. Set "
                "MICROCODER_TRAINER__PYTHON to the python of an environment with torch and TRL (`make setup-trainer`)."
            ) from error

    async def look(self, run: TrainingRun) -> Condition:
        job = _Job.of(run)
        mark = self._mark(job)
        if mark is None:
            return Condition(life=Life.ABSENT)
        child = self._children.get(job)
        code = child.poll() if child else None
        if mark.alive:
            return Condition(life=Life.ALIVE)
        self._children.pop(job, None)
        return _ended(self._outcome(job, code))

    async def stop(self, run: TrainingRun) -> None:
        self._signal(_Job.of(run), signal.SIGTERM)

    async def kill(self, run: TrainingRun) -> None:
        self._signal(_Job.of(run), signal.SIGKILL)

    async def show(self, run: TrainingRun) -> None:
        """Nothing: a process has no place for it."""

    def claims(self, now: datetime) -> Sequence[Claim]:
        """None: the service starts all processes itself."""
        del now
        return ()

    async def adopt(self, run: TrainingRun) -> None:
        """Nothing: there are no objects."""

    async def refuse(self, job: str, why: str) -> None:
        """Nothing: there are no objects."""

    async def remove(self, job: str) -> None:
        """Nothing: there are no objects."""

    async def close(self) -> None:
        """Asks the service's own children to save and end, and waits a little. One that needs longer ends by itself."""
        for job in self._children:
            self._signal(job, signal.SIGTERM)
        await asyncio.to_thread(_wait, list(self._children.values()), _CLOSE_S)

    def _outcome(self, job: _Job, code: int | None) -> Outcome:
        """What the process left behind, or what can be told without its word."""
        told = Outcome.read(self._folder(job).outcome(job.attempt))
        if told:
            return told
        tail = _tail(self._folder(job).log(job.attempt))
        if code is None:  # no child of this service: nobody can know its exit code any more
            code = -signal.SIGKILL
        return Outcome(exit_code=code, message=explain(code, tail, self._python))

    def _signal(self, job: _Job, number: signal.Signals) -> None:
        mark = self._mark(job)
        if mark:
            mark.signal(number)

    def _mark(self, job: _Job) -> ProcessMark | None:
        mark = ProcessMark.read(self._folder(job).process)
        return mark if mark and mark.attempt == job.attempt else None

    def _folder(self, job: _Job) -> RunFolder:
        return RunFolder(self._runs_dir / job.run_id)


def _ended(outcome: Outcome) -> Condition:
    lives = {int(ExitCode.FINISHED): Life.SUCCEEDED, int(ExitCode.STOPPED): Life.PREEMPTED}
    return Condition(life=lives.get(outcome.exit_code, Life.FAILED), message=outcome.message)


def _wait(children: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, give_up - time.monotonic()))


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as log:
            log.seek(max(0, file.stat().st_size - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""
