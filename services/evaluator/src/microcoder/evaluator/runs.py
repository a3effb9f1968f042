"""Runs: a queue in the store, worked off one at a time, resumed after a crash."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

from microcoder.core.errors import FailedPrecondition, MicrocoderError
from microcoder.core.evaluation import EvaluationRun, EvaluationSpec, ItemResult
from microcoder.core.ids import new_run_id
from microcoder.core.run import Progress, RunState
from microcoder.evaluator.adapters.judging import Grader
from microcoder.evaluator.domain.summary import summarize
from microcoder.evaluator.execution import Execution
from microcoder.evaluator.prepare import Prepared, Preparer
from microcoder.evaluator.sampling import Sampler
from microcoder.host import Runtime
from microcoder.telemetry import get_logger
from microcoder.v1 import events_pb2, run_pb2

_LOG = get_logger(__name__)
_ACTIVE = [RunState.PENDING, RunState.RUNNING]

OpenSampler = Callable[[EvaluationSpec], Sampler]
"""Makes the sampler that a spec asks for."""


class Runs:
    """Creates, cancels, resumes and works off runs.

    The state in the store decides: whoever works on a run writes it only while it is still RUNNING there, so that a
    cancelled run stays cancelled.
    """

    def __init__(self, runtime: Runtime[Any], preparer: Preparer, grader: Grader, open_sampler: OpenSampler) -> None:
        self._runtime = runtime
        self._runs = runtime.store.evaluation_runs
        self._items = runtime.store.evaluation_items
        self._preparer = preparer
        self._grader = grader
        self._open_sampler = open_sampler
        self._settings = runtime.settings.evaluator
        self._wake = asyncio.Event()
        self._current: tuple[str, asyncio.Task[None]] | None = None

    async def create(self, spec: EvaluationSpec) -> EvaluationRun:
        """Queues a run.

        Raises:
            MicrocoderError: As `Preparer.admit`.
        """
        prepared = await self._preparer.admit(spec)
        run = EvaluationRun(
            id=new_run_id("eval"),
            spec=spec,
            progress=Progress(total=len(prepared.items), unit="items"),
            model=spec.checkpoint or spec.model,
            dataset_digest=prepared.digest,
            created_time=self._runtime.clock(),
        )
        await self._runs.insert(run, outbox=[self._changed(run)])
        self._wake.set()
        return run

    async def cancel(self, run_id: str) -> EvaluationRun:
        """Ends a run; finished items are kept. Changes nothing where it has ended.

        Raises:
            NotFound: There is no such run.
        """
        run = await self._runs.get(run_id)
        while not run.state.ended:
            ended = dataclasses.replace(run, state=RunState.CANCELLED, finished_time=self._runtime.clock())
            if await self._runs.replace_if(ended, {"state": run.state.value}, outbox=[self._changed(ended)]):
                if self._current and self._current[0] == run_id:
                    self._current[1].cancel()
                return ended
            run = await self._runs.get(run_id)
        return run

    async def resume(self, run_id: str) -> EvaluationRun:
        """Queues a failed or cancelled run again.

        Raises:
            NotFound: There is no such run.
            FailedPrecondition: It is under way or has succeeded.
        """
        run = await self._runs.get(run_id)
        again = dataclasses.replace(run, state=RunState.PENDING, message="", finished_time=None)
        resumable = {"state": [RunState.FAILED.value, RunState.CANCELLED.value]}
        if not await self._runs.replace_if(again, resumable, outbox=[self._changed(again)]):
            raise FailedPrecondition(
                f"Evaluation run {run_id} is {run.state.value}; only a failed or cancelled one can be resumed.",
                reason="RUN_NOT_RESUMABLE",
            )
        self._wake.set()
        return again

    async def run(self) -> None:
        """Works off the queue for ever. Also takes up what a process before this one left unfinished.

        Raises:
            Unavailable: The store does not answer. The run stays as it is and goes on in the next `run`.
        """
        while True:
            self._wake.clear()
            runs = [run async for run in self._runs.scan({"state": [state.value for state in _ACTIVE]})]
            for run in sorted(runs, key=lambda run: run.created_time):
                await self._supervised(run)
            await self._wake.wait()

    async def _supervised(self, run: EvaluationRun) -> None:
        """Works on `run` in a task of its own, which `cancel` can end without ending ours."""
        work = asyncio.create_task(self._attempt(run))
        self._current = (run.id, work)
        try:
            await asyncio.wait({work})
        finally:
            self._current = None
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
        if not work.cancelled():
            work.result()

    async def _attempt(self, run: EvaluationRun) -> None:
        started = dataclasses.replace(run, state=RunState.RUNNING)
        if not await self._write(started, changed=run.state is RunState.PENDING, was=run.state):
            return
        try:
            ended = await self._execute(started)
        except MicrocoderError as error:
            if error.retryable:
                raise
            _LOG.warning("evaluation failed", run_id=run.id, reason=error.reason, problem=error.message)
            await self._fail(run.id, f"{error.message} Resume the run when this is mended; finished items are kept.")
        except Exception as error:  # noqa: BLE001
            # Left to itself it would be taken up after every restart and end the process each time.
            _LOG.exception("evaluation failed by a bug", run_id=run.id)
            await self._fail(run.id, f"A bug in the evaluator ({type(error).__name__}); its log has the details.")
        else:
            await self._write(ended, changed=True)

    async def _execute(self, run: EvaluationRun) -> EvaluationRun:
        prepared = await self._preparer.read(run.spec)
        _check_unchanged(run, prepared)
        known = {result.item_id: result async for result in self._items.scan({"run_id": run.id})}
        sampler = self._open_sampler(run.spec)
        try:
            run = dataclasses.replace(run, model=await _model_of(sampler))

            async def keep(result: ItemResult) -> None:
                await self._items.put(result)
                await self._write(_with_progress(run, execution.done, len(prepared.items)))

            execution = Execution(
                run,
                prepared.items,
                known,
                sampler=sampler,
                grader=self._grader,
                settings=self._settings,
                keep=keep,
            )
            await execution.work()
        finally:
            await sampler.close()
        return self._ended(run, prepared, execution)

    def _ended(self, run: EvaluationRun, prepared: Prepared, execution: Execution) -> EvaluationRun:
        results = [execution.results[item.id] for item in prepared.items if item.id in execution.results]
        summary = summarize(results, ks=run.spec.ks, seed=run.spec.seed)
        if not any(result.samples for result in results):
            raise FailedPrecondition("No sample got a verdict.", reason="SAMPLES_LOST")
        run = _with_progress(run, execution.done, len(prepared.items))
        return dataclasses.replace(
            run,
            state=RunState.SUCCEEDED,
            table=summary.table,
            truncated_rate=summary.truncated_rate,
            no_code_rate=summary.no_code_rate,
            lost_samples=summary.lost_samples,
            message=f"{summary.lost_samples} samples got no verdict and are left out." if summary.lost_samples else "",
            finished_time=self._runtime.clock(),
        )

    async def _fail(self, run_id: str, message: str) -> None:
        run = await self._runs.get(run_id)
        failed = dataclasses.replace(run, state=RunState.FAILED, message=message, finished_time=self._runtime.clock())
        await self._write(failed, changed=True)

    async def _write(self, run: EvaluationRun, *, changed: bool = False, was: RunState = RunState.RUNNING) -> bool:
        """Writes `run` unless somebody ended it meanwhile."""
        outbox = [self._changed(run)] if changed else []
        return await self._runs.replace_if(run, {"state": was.value}, outbox=outbox)

    def _changed(self, run: EvaluationRun) -> Any:
        state = run_pb2.RunState.Value(f"RUN_STATE_{run.state.name}")
        return self._runtime.outbox(events_pb2.EvaluationRunChanged(run_id=run.id, state=state))


async def _model_of(sampler: Sampler) -> str:
    try:
        return await sampler.model()
    except MicrocoderError as error:
        # Only the store's trouble is waited out; an endpoint that is not there ends the run, and a person looks.
        raise FailedPrecondition(error.message, reason=error.reason) from error


def _with_progress(run: EvaluationRun, done: int, total: int) -> EvaluationRun:
    return dataclasses.replace(run, progress=Progress(done=done, total=total, unit="items"))


def _check_unchanged(run: EvaluationRun, prepared: Prepared) -> None:
    if prepared.digest != run.dataset_digest:
        raise FailedPrecondition(
            f"{run.spec.dataset} has changed since the run was created (SHA-256 {run.dataset_digest[:12]}…, now "
            f"{prepared.digest[:12]}…). Put the old file back or create a new run.",
            reason="DATASET_CHANGED",
        )
