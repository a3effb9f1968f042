"""What a training process writes to the store. Every id is deterministic: a step that is repeated overwrites itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from microcoder.core.clock import Clock, utc_now
from microcoder.core.errors import MicrocoderError
from microcoder.core.run import Progress, RunState
from microcoder.core.timeline import Stage, TimelineEntry, entry_id
from microcoder.core.training import MetricPoint, SampleCompletion, TrainingRun
from microcoder.store.port import Repository, TimelineLog
from microcoder.telemetry import get_logger
from microcoder.trainer.domain.ids import metric_id, sample_id
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed
from microcoder.trainer.domain.rewards import Scored, mean_reward
from microcoder.trainer.records import Change, change_run

_LOG = get_logger(__name__)

_MAX_COMPLETION_CHARACTERS = 32_768
_RETRY_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The parts of the store that a training process uses."""

    runs: Repository[TrainingRun]
    metrics: Repository[MetricPoint]
    samples: Repository[SampleCompletion]
    timeline: TimelineLog


class Recorder:
    """Writes one attempt of one run.

    Args:
        records: Where to.
        run: The run as it was when this attempt began.
        revisions: Revision of each problem of the release, by problem id.
        samples_per_step: Completions that are kept of a rollout.
        patience_s: How long a store that does not answer is waited for, seconds.
        stopping: Whether the process was asked to stop. Then a record is given up rather than waited for: the
            checkpoint counts, and the store may have been stopped too.
        clock: The current time.
    """

    def __init__(
        self,
        records: Records,
        run: TrainingRun,
        *,
        revisions: Mapping[str, int],
        samples_per_step: int,
        patience_s: float,
        stopping: Callable[[], bool],
        clock: Clock = utc_now,
    ) -> None:
        self._records = records
        self._run = run
        self._revisions = dict(revisions)
        self._samples_per_step = samples_per_step
        self._patience_s = patience_s
        self._stopping = stopping
        self._clock = clock
        self._seen: set[str] = set()
        self.step_done = run.progress.done
        """Optimizer steps done."""
        self.mean_reward = run.mean_reward
        """Of the newest step."""
        self.newest_checkpoint = run.checkpoint
        """Folder of the newest complete checkpoint."""

    async def say(self, message: str) -> None:
        """Tells what is going on, in one line."""
        await self._patiently(lambda: self._change(lambda run: _with_progress(run, message=message)))

    async def rollout(self, step: int, batch: Sequence[Scored]) -> None:
        """Keeps completions of the rollout for `step`, and notes each problem's first use in this run.

        Raises:
            TrainingFailed: The store did not answer in time.
        """
        for index, item in enumerate(batch[: self._samples_per_step]):
            sample = self._sample(step, index, item)
            await self._patiently(lambda sample=sample: self._records.samples.put(sample))  # type: ignore[misc]
        await self._patiently(lambda: self._note_problems(step, batch))

    async def step(self, step: int, values: Mapping[str, float], batch: Sequence[Scored]) -> None:
        """Keeps the metrics of a step and moves the run's progress.

        Raises:
            TrainingFailed: The store did not answer in time.
        """
        run_id = self._run.id
        point = MetricPoint(
            id=metric_id(run_id, step), run_id=run_id, step=step, values=dict(values), time=self._clock()
        )
        await self._patiently(lambda: self._records.metrics.put(point))
        reward = values.get("judge/mean_reward", mean_reward(list(batch)))  # the former is that of all processes
        self.step_done, self.mean_reward = step, reward
        words = "the judge gave no verdict" if reward is None else f"mean reward {reward:.3f}"
        await self._patiently(
            lambda: self._change(lambda run: replace(_with_progress(run, step, words), mean_reward=reward))
        )

    async def checkpoint(self, folder: Path) -> None:
        """Says where the newest complete checkpoint is."""
        self.newest_checkpoint = str(folder)
        await self._patiently(lambda: self._change(lambda run: replace(run, checkpoint=str(folder))))

    async def trained(self, folder: Path) -> None:
        """Says where the trained model is."""
        await self._patiently(lambda: self._change(lambda run: replace(run, trained_model=str(folder))))

    def _sample(self, step: int, index: int, item: Scored) -> SampleCompletion:
        return SampleCompletion(
            id=sample_id(self._run.id, step, index),
            run_id=self._run.id,
            step=step,
            problem_id=item.problem_id,
            completion=item.completion[:_MAX_COMPLETION_CHARACTERS].encode("utf-8", "replace").decode(),
            verdict=item.verdict,
            reward=item.reward,
        )

    async def _note_problems(self, step: int, batch: Sequence[Scored]) -> None:
        fresh = sorted({item.problem_id for item in batch} - self._seen)
        for problem_id in fresh:
            await self._records.timeline.add(self._entry(problem_id, step))
        self._seen.update(fresh)

    def _entry(self, problem_id: str, step: int) -> TimelineEntry:
        run_id, revision = self._run.id, self._revisions[problem_id]
        return TimelineEntry(
            id=entry_id(problem_id, revision, Stage.TRAINED, "trainer", run_id),
            problem_id=problem_id,
            revision=revision,
            stage=Stage.TRAINED,
            actor="trainer",
            time=self._clock(),
            summary=f"first used by training run {run_id} in step {step}",
            details={"run_id": run_id, "release_id": self._run.spec.release_id, "step": str(step)},
        )

    async def _change(self, change: Change) -> None:
        """Changes the run while it is in this attempt; an attempt that was overtaken writes nothing more."""

        def while_ours(run: TrainingRun) -> TrainingRun | None:
            ours = run.attempt == self._run.attempt and run.state in (RunState.PENDING, RunState.RUNNING)
            return change(run) if ours else None

        await change_run(self._records.runs, self._run.id, while_ours)

    async def _patiently(self, work: Callable[[], Awaitable[object]]) -> None:
        give_up = time.monotonic() + self._patience_s
        while True:
            try:
                await work()
                return
            except MicrocoderError as error:
                if not error.retryable or time.monotonic() > give_up:
                    message = f"The store does not take what was learned: {error}"
                    raise TrainingFailed(ExitCode.NO_STORE, message) from error
                if self._stopping():
                    _LOG.warning("stopping, so this is not recorded", error=error.message)
                    return
                _LOG.warning("the store does not answer, trying again", error=error.message)
            await asyncio.sleep(_RETRY_PAUSE_S)


def _with_progress(run: TrainingRun, done: int | None = None, message: str = "") -> TrainingRun:
    steps = run.progress.done if done is None else done
    return replace(run, progress=Progress(done=steps, total=run.spec.max_steps, unit="steps", message=message))
