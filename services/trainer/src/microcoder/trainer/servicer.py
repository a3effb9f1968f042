"""The gRPC service."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import grpc
import yaml

from microcoder.core.clock import Clock
from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.core.ids import new_run_id
from microcoder.core.run import Progress, RunState
from microcoder.core.training import Placement, TrainingPhase, TrainingRun, TrainingSpec
from microcoder.rpc import page_size, watch
from microcoder.store import OutboxRecord, Store
from microcoder.trainer.domain.cluster.manifest import manifests
from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.domain.validation import check_spec, wrong_names, wrong_placement
from microcoder.trainer.launcher import Launcher
from microcoder.trainer.records import Change, change_run
from microcoder.trainer.supervisor import Supervisor
from microcoder.v1 import trainer_service_pb2 as pb
from microcoder.v1 import training_pb2
from microcoder.v1.trainer_service_pb2_grpc import TrainerServicer as Base
from microcoder.wire import from_proto, to_proto

Context = grpc.aio.ServicerContext[Any, Any]


class TrainerServicer(Base):
    """`microcoder.v1.Trainer`."""

    def __init__(
        self,
        store: Store,
        launcher: Launcher,
        supervisor: Supervisor,
        *,
        announce: Callable[[TrainingRun], OutboxRecord],
        clock: Clock,
        site: Site,
    ) -> None:
        self._store = store
        self._site = site
        self._launcher = launcher
        self._supervisor = supervisor
        self._announce = announce
        self._clock = clock

    async def CreateTrainingRun(
        self, request: pb.CreateTrainingRunRequest, context: Context
    ) -> pb.CreateTrainingRunResponse:
        run = await self._asked_for(request)
        await self._store.training_runs.insert(run, outbox=[self._announce(run)])
        self._supervisor.nudge()
        return pb.CreateTrainingRunResponse(training_run=_message(run))

    async def RenderTrainingManifest(
        self, request: pb.RenderTrainingManifestRequest, context: Context
    ) -> pb.RenderTrainingManifestResponse:
        run = await self._asked_for(request)
        manifest = yaml.safe_dump_all(manifests(run, self._site), sort_keys=False, width=1000)
        return pb.RenderTrainingManifestResponse(manifest=manifest, run_id=run.id)

    async def GetTrainingRun(self, request: pb.GetTrainingRunRequest, context: Context) -> pb.GetTrainingRunResponse:
        return pb.GetTrainingRunResponse(training_run=_message(await self._run(request.run_id)))

    async def WatchTrainingRun(
        self, request: pb.WatchTrainingRunRequest, context: Context
    ) -> AsyncIterator[pb.WatchTrainingRunResponse]:
        async for run in watch(lambda: self._run(request.run_id), ended=lambda run: run.state.ended):
            yield pb.WatchTrainingRunResponse(training_run=_message(run))

    async def ListTrainingRuns(
        self, request: pb.ListTrainingRunsRequest, context: Context
    ) -> pb.ListTrainingRunsResponse:
        page = await self._store.training_runs.page(
            page_size=page_size(request.page_size), page_token=request.page_token, newest_first=True
        )
        return pb.ListTrainingRunsResponse(
            training_runs=[_message(run) for run in page.items], next_page_token=page.next_token
        )

    async def CancelTrainingRun(
        self, request: pb.CancelTrainingRunRequest, context: Context
    ) -> pb.CancelTrainingRunResponse:
        run = await self._change(request.run_id, self._cancelled)
        return pb.CancelTrainingRunResponse(training_run=_message(run))

    async def ResumeTrainingRun(
        self, request: pb.ResumeTrainingRunRequest, context: Context
    ) -> pb.ResumeTrainingRunResponse:
        run = await self._change(request.run_id, _resumed)
        return pb.ResumeTrainingRunResponse(training_run=_message(run))

    async def ListTrainingMetrics(
        self, request: pb.ListTrainingMetricsRequest, context: Context
    ) -> pb.ListTrainingMetricsResponse:
        run = await self._run(request.run_id)
        page = await self._store.training_metrics.page(
            page_size=page_size(request.page_size), page_token=request.page_token, where={"run_id": run.id}
        )
        points = [to_proto(point, training_pb2.MetricPoint) for point in page.items]
        return pb.ListTrainingMetricsResponse(points=points, next_page_token=page.next_token)

    async def ListTrainingSamples(
        self, request: pb.ListTrainingSamplesRequest, context: Context
    ) -> pb.ListTrainingSamplesResponse:
        run = await self._run(request.run_id)
        page = await self._store.training_samples.page(
            page_size=page_size(request.page_size), page_token=request.page_token, where={"run_id": run.id}
        )
        samples = [to_proto(sample, training_pb2.SampleCompletion) for sample in page.items]
        return pb.ListTrainingSamplesResponse(samples=samples, next_page_token=page.next_token)

    async def _asked_for(self, request: pb.CreateTrainingRunRequest | pb.RenderTrainingManifestRequest) -> TrainingRun:
        """The run that a request describes.

        Raises:
            InvalidArgument: It cannot work.
        """
        spec, placement = from_proto(request.spec, TrainingSpec), from_proto(request.placement, Placement)
        await self._check(spec, placement, wrong_names(request.name, request.owner))
        return TrainingRun(
            id=new_run_id(request.name or "train"),
            spec=spec,
            placement=placement,
            name=request.name,
            owner=request.owner,
            progress=Progress(total=spec.max_steps, unit="steps"),
            created_time=self._clock(),
        )

    async def _check(self, spec: TrainingSpec, placement: Placement, wrong: dict[str, str]) -> None:
        check_spec(spec)
        fields = wrong | wrong_placement(placement) | dict(self._launcher.wrong_fields(spec, placement))
        if await self._store.releases.find(spec.release_id) is None:
            fields["spec.release_id"] = f"there is no release {spec.release_id}"
        if fields:
            said = "; ".join(f"{field} {why}" for field, why in fields.items())
            raise InvalidArgument(f"This cannot be trained: {said}.", fields=fields)

    async def _run(self, run_id: str) -> TrainingRun:
        return await self._store.training_runs.get(run_id)

    async def _change(self, run_id: str, change: Change) -> TrainingRun:
        """Changes the run, wakes the supervisor, and gives the run as it is then."""
        runs = self._store.training_runs
        changed = await change_run(runs, run_id, change, lambda run: [self._announce(run)])
        self._supervisor.nudge()
        return changed or await self._run(run_id)

    def _cancelled(self, run: TrainingRun) -> TrainingRun | None:
        if run.state is RunState.PENDING:
            return replace(
                run,
                state=RunState.CANCELLED,
                phase=TrainingPhase.CANCELLED,
                cancel_requested=True,
                reason="",
                message="Cancelled while it waited.",
                finished_time=self._clock(),
            )
        if run.state is RunState.RUNNING and not run.cancel_requested:
            return replace(run, cancel_requested=True)
        return None


def _resumed(run: TrainingRun) -> TrainingRun:
    if run.state not in (RunState.FAILED, RunState.CANCELLED):
        raise FailedPrecondition(f"{run.id} is {run.state.value}; only a failed or cancelled run can be resumed.")
    return replace(
        run,
        state=RunState.PENDING,
        phase=TrainingPhase.QUEUED,
        attempt=run.attempt + 1,
        cancel_requested=False,
        message="",
        reason="",
        job="",
        finished_time=None,
    )


def _message(run: TrainingRun) -> training_pb2.TrainingRun:
    return to_proto(run, training_pb2.TrainingRun)
