"""The gRPC service `Evaluator`."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from microcoder.core.errors import InvalidArgument
from microcoder.core.evaluation import EvaluationRun, EvaluationSpec
from microcoder.evaluator.runs import Runs
from microcoder.rpc import page_size, watch
from microcoder.store import Store
from microcoder.v1 import evaluation_pb2
from microcoder.v1 import evaluator_service_pb2 as pb
from microcoder.v1.evaluator_service_pb2_grpc import EvaluatorServicer
from microcoder.wire import from_proto, to_proto

Context = grpc.aio.ServicerContext[Any, Any]


class Servicer(EvaluatorServicer):
    """Evaluation runs and their results."""

    def __init__(self, store: Store, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    async def CreateEvaluationRun(
        self, request: pb.CreateEvaluationRunRequest, context: Context
    ) -> pb.CreateEvaluationRunResponse:
        if not request.HasField("spec"):
            raise InvalidArgument("spec is missing", fields={"spec": "is required"})
        run = await self._runs.create(from_proto(request.spec, EvaluationSpec))
        return pb.CreateEvaluationRunResponse(evaluation_run=_message(run))

    async def GetEvaluationRun(
        self, request: pb.GetEvaluationRunRequest, context: Context
    ) -> pb.GetEvaluationRunResponse:
        run = await self._store.evaluation_runs.get(request.run_id)
        return pb.GetEvaluationRunResponse(evaluation_run=_message(run))

    async def WatchEvaluationRun(
        self, request: pb.WatchEvaluationRunRequest, context: Context
    ) -> AsyncIterator[pb.WatchEvaluationRunResponse]:
        states = watch(lambda: self._store.evaluation_runs.get(request.run_id), ended=lambda run: run.state.ended)
        async for run in states:
            yield pb.WatchEvaluationRunResponse(evaluation_run=_message(run))

    async def ListEvaluationRuns(
        self, request: pb.ListEvaluationRunsRequest, context: Context
    ) -> pb.ListEvaluationRunsResponse:
        page = await self._store.evaluation_runs.page(
            page_size=page_size(request.page_size), page_token=request.page_token, newest_first=True
        )
        return pb.ListEvaluationRunsResponse(
            evaluation_runs=[_message(run) for run in page.items], next_page_token=page.next_token
        )

    async def CancelEvaluationRun(
        self, request: pb.CancelEvaluationRunRequest, context: Context
    ) -> pb.CancelEvaluationRunResponse:
        return pb.CancelEvaluationRunResponse(evaluation_run=_message(await self._runs.cancel(request.run_id)))

    async def ResumeEvaluationRun(
        self, request: pb.ResumeEvaluationRunRequest, context: Context
    ) -> pb.ResumeEvaluationRunResponse:
        return pb.ResumeEvaluationRunResponse(evaluation_run=_message(await self._runs.resume(request.run_id)))

    async def ListItemResults(self, request: pb.ListItemResultsRequest, context: Context) -> pb.ListItemResultsResponse:
        await self._store.evaluation_runs.get(request.run_id)
        page = await self._store.evaluation_items.page(
            page_size=page_size(request.page_size),
            page_token=request.page_token,
            where={"run_id": request.run_id},
        )
        results = [to_proto(result, evaluation_pb2.ItemResult) for result in page.items]
        return pb.ListItemResultsResponse(results=results, next_page_token=page.next_token)


def _message(run: EvaluationRun) -> evaluation_pb2.EvaluationRun:
    return to_proto(run, evaluation_pb2.EvaluationRun)
