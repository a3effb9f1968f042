"""Imports: a queue in the store, worked off one at a time, resumed after a crash."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from microcoder.core.errors import MicrocoderError
from microcoder.core.ids import new_run_id, problem_id
from microcoder.core.ingest import ImportRun, SkippedItem
from microcoder.core.rejection import RejectReason
from microcoder.core.run import Progress, RunState
from microcoder.host import Runtime
from microcoder.scraper.collector import Change, Collector, Origin
from microcoder.scraper.sources.port import NotFetched, ProblemRef, Source
from microcoder.telemetry import get_logger

log = get_logger(__name__)

OpenSource = Callable[[Path, str], AbstractContextManager[Source]]
"""Opens the source at a path under a name."""

_MAX_SKIPPED = 1_000
_LONGEST_WAIT_S = 5.0
_COUNTER = {
    Change.NEW: "new_problems",
    Change.CHANGED: "changed_problems",
    Change.UNCHANGED: "unchanged_problems",
}


class Importer:
    """Creates and runs imports."""

    def __init__(self, runtime: Runtime[Any], collector: Collector, open_source: OpenSource) -> None:
        self._imports = runtime.store.imports
        self._clock = runtime.clock
        self._collector = collector
        self._open_source = open_source
        self._wake = asyncio.Event()

    async def create(self, path: Path, source: str) -> ImportRun:
        """Queues an import; `source` is what the problems are filed under."""
        run = ImportRun(id=new_run_id("import"), path=str(path), source=source, created_time=self._clock())
        await self._imports.insert(run)
        self._wake.set()
        return run

    async def run(self) -> None:
        """Works off the queue for ever. Also takes up what a process before this one left unfinished.

        Raises:
            Unavailable: The store does not answer. The import stays as it is and goes on in the next `run`.
        """
        while True:
            self._wake.clear()
            async for run in self._unfinished():
                await self._run_one(run)
            with suppress(TimeoutError):  # an import may have come in at another replica
                async with asyncio.timeout(_LONGEST_WAIT_S):
                    await self._wake.wait()

    async def _unfinished(self) -> AsyncIterator[ImportRun]:
        where = {"state": [RunState.PENDING, RunState.RUNNING]}
        runs = [run async for run in self._imports.scan(where)]
        for run in sorted(runs, key=lambda run: run.created_time):
            yield run

    async def _run_one(self, run: ImportRun) -> None:
        try:
            await self._import(run)
        except OSError as error:
            await self._fail(run, f"the scratch folder of the scraper cannot be used: {error.strerror or error}")
        except MicrocoderError as error:
            if error.retryable:
                raise
            await self._fail(run, error.message, error.reason)
        except Exception as error:
            # Left to itself it would be resumed after every restart and end the process each time.
            log.exception("import failed by a bug", import_id=run.id)
            await self._fail(run, f"a bug in the scraper ({type(error).__name__}); its log has the details")

    async def _import(self, run: ImportRun) -> None:
        run = await self._save(run, state=RunState.RUNNING, progress=Progress(unit="problems", message="reading"))
        with self._open_source(Path(run.path), run.source) as source:
            announcement = await source.list_contests()
            refs = [ref for contest in announcement.contests for ref in contest.problems]
            run = dataclasses.replace(run, skipped=announcement.skipped[:_MAX_SKIPPED])
            for number, ref in enumerate(refs, start=1):
                run = await self._problem(run, source, ref)
                progress = Progress(done=number, total=len(refs), unit="problems", message=ref.external_id)
                run = await self._save(run, progress=progress)
        await self._finish(run, announcement.remark)

    async def _problem(self, run: ImportRun, source: Source, ref: ProblemRef) -> ImportRun:
        if problem_id(run.source, ref.external_id) in run.problem_ids:
            return run  # done before the process was restarted
        try:
            fetched = await source.fetch_problem(ref)
            found_id, change = await self._collector.collect(Origin(source=run.source), ref, fetched)
        except NotFetched as error:
            item = SkippedItem(name=ref.external_id, reason=error.fault.reason.value, message=error.fault.message)
            return dataclasses.replace(run, skipped=(*run.skipped, item)[:_MAX_SKIPPED])
        counter = _COUNTER[change]
        counts: dict[str, Any] = {counter: getattr(run, counter) + 1}
        return dataclasses.replace(run, problem_ids=(*run.problem_ids, found_id), **counts)

    async def _finish(self, run: ImportRun, remark: str) -> None:
        if run.problem_ids:
            await self._save(run, state=RunState.SUCCEEDED, message=remark, finished_time=self._clock())
            return
        nothing = "no problem package found: one is a folder with problem.yaml and a statement or data beside it"
        message = remark or (f"nothing could be collected: {run.skipped[0].message}" if run.skipped else nothing)
        await self._save(run, state=RunState.FAILED, message=message, finished_time=self._clock())

    async def _fail(self, run: ImportRun, message: str, reason: str = "") -> None:
        item = SkippedItem(name=Path(run.path).name, reason=reason, message=message)
        skipped = (item,) if reason in RejectReason.__members__ else ()
        await self._save(run, state=RunState.FAILED, message=message, skipped=skipped, finished_time=self._clock())

    async def _save(self, run: ImportRun, **changes: Any) -> ImportRun:
        changed = dataclasses.replace(run, **changes)
        await self._imports.put(changed)
        return changed
