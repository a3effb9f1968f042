"""The gRPC service `Normalizer`."""

from typing import Any

import grpc.aio

from microcoder.core.errors import InvalidArgument
from microcoder.core.timeline import Stage
from microcoder.normalizer.catalogue import Catalogue
from microcoder.rpc import page_size
from microcoder.v1 import difficulty_pb2, problem_pb2, timeline_pb2, verification_pb2
from microcoder.v1 import normalizer_service_pb2 as pb
from microcoder.v1.normalizer_service_pb2_grpc import NormalizerServicer
from microcoder.wire import to_proto

_MAX_IDS = 5_000
_STAGES: dict[int, Stage] = {timeline_pb2.Stage.Value(f"STAGE_{stage.name}"): stage for stage in Stage}

Context = grpc.aio.ServicerContext[Any, Any]


class Servicer(NormalizerServicer):
    """The catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def ListProblems(self, request: pb.ListProblemsRequest, context: Context) -> pb.ListProblemsResponse:
        summaries, next_token = await self._catalogue.page(
            page_size=page_size(request.page_size),
            page_token=request.page_token,
            source=request.source,
            problem_ids=_checked_ids(request),
            state=_stage(request.state),
        )
        problems = [to_proto(summary, pb.ProblemSummary) for summary in summaries]
        return pb.ListProblemsResponse(problems=problems, next_page_token=next_token)

    async def GetProblem(self, request: pb.GetProblemRequest, context: Context) -> pb.GetProblemResponse:
        dossier = await self._catalogue.dossier(request.problem_id)
        response = pb.GetProblemResponse(summary=to_proto(dossier.summary, pb.ProblemSummary))
        if dossier.problem is not None:
            response.problem.CopyFrom(to_proto(dossier.problem, problem_pb2.Problem))
        if dossier.verification is not None:
            response.verification.CopyFrom(to_proto(dossier.verification, verification_pb2.Verification))
        if dossier.prediction is not None:
            response.prediction.CopyFrom(to_proto(dossier.prediction, difficulty_pb2.Prediction))
        return response

    async def TraceProblem(self, request: pb.TraceProblemRequest, context: Context) -> pb.TraceProblemResponse:
        entries = await self._catalogue.life(request.problem_id)
        return pb.TraceProblemResponse(entries=[to_proto(entry, timeline_pb2.TimelineEntry) for entry in entries])

    async def GetFunnel(self, request: pb.GetFunnelRequest, context: Context) -> pb.GetFunnelResponse:
        counts = await self._catalogue.funnel(source=request.source, problem_ids=_checked_ids(request))
        return pb.GetFunnelResponse(reached=counts.reached, rejected=counts.rejected, under_way=counts.under_way)


def _checked_ids(request: pb.ListProblemsRequest | pb.GetFunnelRequest) -> tuple[str, ...]:
    if len(request.problem_ids) > _MAX_IDS:
        message = f"at most {_MAX_IDS} problem ids may be given"
        raise InvalidArgument(message, fields={"problem_ids": message})
    return tuple(request.problem_ids)


def _stage(number: int) -> Stage | None:
    if number == timeline_pb2.STAGE_UNSPECIFIED:
        return None
    if number not in _STAGES:
        message = f"{number} is no stage that this version knows"
        raise InvalidArgument(message, fields={"state": message})
    return _STAGES[number]
