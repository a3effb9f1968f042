"""The gRPC service `DifficultyScorer`."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from microcoder.core.difficulty import Calibration, CalibrationSpec
from microcoder.core.errors import InvalidArgument
from microcoder.core.release import Release, ReleasePolicy
from microcoder.rpc import page_size, watch
from microcoder.scorer.answering import MAX_BATCH, Answering
from microcoder.scorer.calibrator import Calibrator
from microcoder.scorer.releases import Releases, file_of
from microcoder.store import Store
from microcoder.v1 import difficulty_pb2, release_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerServicer
from microcoder.wire import from_proto, to_proto

_CHUNK_BYTES = 256 * 1024

Context = grpc.aio.ServicerContext[Any, Any]


class Servicer(DifficultyScorerServicer):
    """Scores, calibrations and releases."""

    def __init__(self, store: Store, answering: Answering, calibrator: Calibrator, releases: Releases) -> None:
        self._store = store
        self._answering = answering
        self._calibrator = calibrator
        self._releases = releases

    async def ScoreProblem(self, request: pb.ScoreProblemRequest, context: Context) -> pb.ScoreProblemResponse:
        return await self._answering.score(request)

    async def BatchScoreProblems(
        self, request: pb.BatchScoreProblemsRequest, context: Context
    ) -> pb.BatchScoreProblemsResponse:
        if len(request.requests) > MAX_BATCH:
            message = f"holds {len(request.requests)} requests, at most {MAX_BATCH} are taken; use StreamScores"
            raise InvalidArgument(f"requests {message}", fields={"requests": message})
        return pb.BatchScoreProblemsResponse(outcomes=await self._answering.batch(request.requests))

    async def StreamScores(
        self, request_iterator: AsyncIterator[pb.StreamScoresRequest], context: Context
    ) -> AsyncIterator[pb.StreamScoresResponse]:
        requests = (message.request async for message in request_iterator)
        async for outcome in self._answering.stream(requests):
            yield pb.StreamScoresResponse(outcome=outcome)

    async def CreateCalibration(
        self, request: pb.CreateCalibrationRequest, context: Context
    ) -> pb.CreateCalibrationResponse:
        calibration = await self._calibrator.create(from_proto(request.spec, CalibrationSpec))
        return pb.CreateCalibrationResponse(calibration=_calibration(calibration))

    async def GetCalibration(self, request: pb.GetCalibrationRequest, context: Context) -> pb.GetCalibrationResponse:
        calibration = await self._store.calibrations.get(request.calibration_id)
        return pb.GetCalibrationResponse(calibration=_calibration(calibration))

    async def WatchCalibration(
        self, request: pb.WatchCalibrationRequest, context: Context
    ) -> AsyncIterator[pb.WatchCalibrationResponse]:
        calibrations = watch(
            lambda: self._store.calibrations.get(request.calibration_id),
            ended=lambda calibration: calibration.state.ended,
        )
        async for calibration in calibrations:
            yield pb.WatchCalibrationResponse(calibration=_calibration(calibration))

    async def ListCalibrations(
        self, request: pb.ListCalibrationsRequest, context: Context
    ) -> pb.ListCalibrationsResponse:
        page = await self._store.calibrations.page(
            page_size=page_size(request.page_size), page_token=request.page_token, newest_first=True
        )
        calibrations = [_calibration(calibration) for calibration in page.items]
        return pb.ListCalibrationsResponse(calibrations=calibrations, next_page_token=page.next_token)

    async def CreateRelease(self, request: pb.CreateReleaseRequest, context: Context) -> pb.CreateReleaseResponse:
        release, created = await self._releases.cut(from_proto(request.policy, ReleasePolicy))
        return pb.CreateReleaseResponse(release=_release(release), created=created)

    async def GetRelease(self, request: pb.GetReleaseRequest, context: Context) -> pb.GetReleaseResponse:
        return pb.GetReleaseResponse(release=_release(await self._store.releases.get(request.release_id)))

    async def ListReleases(self, request: pb.ListReleasesRequest, context: Context) -> pb.ListReleasesResponse:
        page = await self._store.releases.page(
            page_size=page_size(request.page_size), page_token=request.page_token, newest_first=True
        )
        return pb.ListReleasesResponse(
            releases=[_release(release) for release in page.items], next_page_token=page.next_token
        )

    async def DownloadReleaseFile(
        self, request: pb.DownloadReleaseFileRequest, context: Context
    ) -> AsyncIterator[pb.DownloadReleaseFileResponse]:
        release = await self._store.releases.get(request.release_id)
        content = await self._store.blobs.get(file_of(release, request.path).digest)
        for start in range(0, len(content), _CHUNK_BYTES):
            yield pb.DownloadReleaseFileResponse(chunk=content[start : start + _CHUNK_BYTES])


def _calibration(calibration: Calibration) -> difficulty_pb2.Calibration:
    return to_proto(calibration, difficulty_pb2.Calibration)


def _release(release: Release) -> release_pb2.Release:
    return to_proto(release, release_pb2.Release)
