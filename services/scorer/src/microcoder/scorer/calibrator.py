"""Calibrations: a queue in the store, worked off one at a time, taken up again after a crash."""

import asyncio
import dataclasses
from typing import Any

from microcoder.core.difficulty import Calibration, CalibrationItem, CalibrationSpec
from microcoder.core.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, MicrocoderError
from microcoder.core.ids import new_run_id
from microcoder.core.run import Progress, RunState
from microcoder.core.solving import MAX_WORKED_EXAMPLES
from microcoder.core.timeline import Stage
from microcoder.host import Runtime
from microcoder.llm import ChatClient
from microcoder.scorer.attempts import Attempter, Outcome
from microcoder.scorer.catalogue import Catalogue
from microcoder.scorer.concurrency import for_each
from microcoder.scorer.domain.curve import MIN_PROBLEMS, boundaries_of, fit_curve, rank_correlation
from microcoder.scorer.domain.strata import stratified_sample
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)

_MAX_PROBLEMS = 1_000
_MAX_ATTEMPTS = 64
_MAX_TOKENS = 131_072
_MAX_SEED = 2**31 - 1


class Calibrator:
    """Creates and runs calibrations."""

    def __init__(
        self,
        runtime: Runtime[Any],
        client: ChatClient,
        attempter: Attempter,
        catalogue: Catalogue,
        *,
        concurrency: int,
        endpoint_patience_s: float,
    ) -> None:
        self._runtime = runtime
        self._calibrations = runtime.store.calibrations
        self._client = client
        self._attempter = attempter
        self._catalogue = catalogue
        self._concurrency = concurrency
        self._endpoint_patience_s = endpoint_patience_s
        self._wake = asyncio.Event()

    async def create(self, spec: CalibrationSpec) -> Calibration:
        """Queues a calibration.

        Raises:
            InvalidArgument: A number of `spec` is out of its range.
        """
        _check(spec)
        calibration = Calibration(id=new_run_id("cal"), spec=spec, created_time=self._runtime.clock())
        await self._calibrations.insert(calibration)
        self._wake.set()
        return calibration

    async def run(self) -> None:
        """Works off the queue for ever. Also takes up what a process before this one left unfinished.

        Raises:
            Unavailable: The store does not answer. The calibration stays as it is and goes on in the next `run`.
        """
        while True:
            self._wake.clear()
            where = {"state": [RunState.PENDING, RunState.RUNNING]}
            unfinished = [calibration async for calibration in self._calibrations.scan(where)]
            for calibration in sorted(unfinished, key=lambda calibration: calibration.created_time):
                await self._run_one(calibration)
            await self._wake.wait()

    async def _run_one(self, calibration: Calibration) -> None:
        task = _Task(calibration)
        try:
            await self._measure(task)
        except MicrocoderError as error:
            if error.retryable:
                raise
            await self._save(task, state=RunState.FAILED, message=error.message, finished_time=self._runtime.clock())
        except Exception as error:  # noqa: BLE001 - left to itself it would end the process after every restart
            _LOG.exception("calibration failed by a bug", calibration_id=calibration.id)
            message = f"A bug in the scorer ({type(error).__name__}); its log has the details."
            await self._save(task, state=RunState.FAILED, message=message, finished_time=self._runtime.clock())

    async def _measure(self, task: "_Task") -> None:
        if not task.now.items:
            await self._plan(task)
        still_open = [index for index, item in enumerate(task.now.items) if not item.attempts]
        task.done = len(task.now.items) - len(still_open)
        if still_open:
            await self._await_endpoint()
        await for_each(still_open, lambda index: self._attempt(task, index), limit=self._concurrency)
        await self._finish(task)

    async def _await_endpoint(self) -> None:
        """A local LLM takes a minute or more to load; attempts that do not reach it would be lost."""
        try:
            await self._client.wait_ready(timeout_s=self._endpoint_patience_s)
        except DeadlineExceeded as error:
            raise FailedPrecondition(error.message) from error
        except MicrocoderError as error:  # not every endpoint lists its models; the attempts tell what is wrong
            _LOG.info("the endpoint does not list its models", reason=error.message)

    async def _plan(self, task: "_Task") -> None:
        """Chooses the problems and keeps the choice, so that a process after this one goes on with the same ones."""
        spec = task.now.spec
        try:
            scorer = await self._client.resolve_model()
        except MicrocoderError as error:
            raise FailedPrecondition(f"The scoring model is not known. {error.message}") from error
        scores = await self._catalogue.scores_by(scorer)
        chosen = stratified_sample(scores, spec.problems, seed=spec.seed)
        if len(chosen) < MIN_PROBLEMS:
            raise FailedPrecondition(
                f"A calibration needs at least {MIN_PROBLEMS} verified problems that {scorer} has scored; "
                f"there are {len(scores)}. Import more problems first."
            )
        items = tuple(CalibrationItem(problem_id=p, predicted=scores[p], attempts=0, passed=0) for p in chosen)
        model = spec.model or scorer
        progress = Progress(total=len(items), unit="problems", message=f"{model} solves problems")
        await self._save(task, state=RunState.RUNNING, scorer=scorer, model=model, items=items, progress=progress)

    async def _attempt(self, task: "_Task", index: int) -> None:
        item, spec = task.now.items[index], task.now.spec
        problem = await self._runtime.store.problems.get(item.problem_id)
        outcome = await self._attempter.attempt(problem, spec, model=task.now.model)
        if outcome.trouble:
            task.lost += spec.attempts - outcome.attempts
            task.trouble = task.trouble or outcome.trouble
        if outcome.attempts:
            await self._note(task.now, problem.id, problem.revision, outcome)
        async with task.lock:
            task.done += 1
            measured = dataclasses.replace(item, attempts=outcome.attempts, passed=outcome.passed)
            items = (*task.now.items[:index], measured, *task.now.items[index + 1 :])
            await self._save(task, items=items, progress=dataclasses.replace(task.now.progress, done=task.done))

    async def _note(self, calibration: Calibration, problem_id: str, revision: int, outcome: Outcome) -> None:
        await self._runtime.note(
            problem_id,
            revision,
            Stage.CALIBRATED,
            f"{calibration.model} solved it in {outcome.passed} of {outcome.attempts} attempts.",
            details={
                "calibration_id": calibration.id,
                "attempts": str(outcome.attempts),
                "passed": str(outcome.passed),
            },
            subject=calibration.id,
        )

    async def _finish(self, task: "_Task") -> None:
        items = tuple(item for item in task.now.items if item.attempts)
        if len(items) < MIN_PROBLEMS:
            raise FailedPrecondition(
                f"Only {len(items)} problems have attempts whose outcome is known, {MIN_PROBLEMS} are needed. "
                f"{task.trouble}".rstrip()
            )
        curve = await asyncio.to_thread(fit_curve, items, seed=task.now.spec.seed)
        boundaries, remark = boundaries_of(curve)
        await self._save(
            task,
            state=RunState.SUCCEEDED,
            items=items,
            curve=curve,
            easy_below=boundaries.easy_below,
            hard_above=boundaries.hard_above,
            spearman=rank_correlation(items),
            message=" ".join(part for part in (remark, task.losses()) if part),
            finished_time=self._runtime.clock(),
        )

    async def _save(self, task: "_Task", **changes: Any) -> None:
        task.now = dataclasses.replace(task.now, **changes)
        await self._calibrations.put(task.now)


class _Task:
    """A calibration that is being run."""

    def __init__(self, calibration: Calibration) -> None:
        self.now = calibration
        self.lock = asyncio.Lock()
        self.done = 0
        self.lost = 0
        self.trouble = ""

    def losses(self) -> str:
        """What was left out and why; empty where nothing was."""
        return f"{self.lost} attempts are left out, their outcome is not known: {self.trouble}" if self.lost else ""


def _check(spec: CalibrationSpec) -> None:
    """Raises InvalidArgument that names every number out of its range."""
    ranges = {
        "problems": (spec.problems, MIN_PROBLEMS, _MAX_PROBLEMS),
        "attempts": (spec.attempts, 1, _MAX_ATTEMPTS),
        "temperature": (spec.temperature, 0, 2),
        "max_tokens": (spec.max_tokens, 1, _MAX_TOKENS),
        "worked_examples": (spec.worked_examples, 0, MAX_WORKED_EXAMPLES),
        "seed": (spec.seed, 0, _MAX_SEED),
    }
    wrong = {
        f"spec.{name}": f"is {value:g}, must be from {low:g} to {high:g}"
        for name, (value, low, high) in ranges.items()
        if not low <= value <= high
    }
    if wrong:
        raise InvalidArgument("; ".join(f"{name} {what}" for name, what in wrong.items()), fields=wrong)
