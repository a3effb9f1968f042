"""Deadlines, tokens, request ids and observation of calls."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from pydantic import SecretStr, ValidationError

from microcoder.core.errors import InvalidArgument, PermissionDenied, Unavailable
from microcoder.rpc import (
    CallInfo,
    ChannelSettings,
    Registration,
    RpcServer,
    RpcSettings,
    current_request_id,
    open_channel,
)
from microcoder.testing.grpc import Serve
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import scorer_service_pb2 as scorer_pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, JudgeStub, add_JudgeServicer_to_server
from microcoder.v1.scorer_service_pb2_grpc import (
    DifficultyScorerServicer,
    DifficultyScorerStub,
    add_DifficultyScorerServicer_to_server,
)

ASK = pb.GetCapabilitiesRequest()
TOKEN: Any = (("authorization", "Bearer t0ken"),)


class Judge(JudgeServicer):
    """Answers with its request id; a submission never ends."""

    def __init__(self) -> None:
        self.running = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def GetVerification(  # noqa: N802
        self, request: pb.GetVerificationRequest, context: Any
    ) -> pb.GetVerificationResponse:
        await context.abort(grpc.StatusCode.ABORTED, "by hand")
        return pb.GetVerificationResponse()

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        return pb.GetCapabilitiesResponse(tier=current_request_id.get())

    async def JudgeSubmission(self, request: pb.JudgeSubmissionRequest, context: Any) -> pb.JudgeSubmissionResponse:  # noqa: N802
        self.running.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return pb.JudgeSubmissionResponse()

    async def StreamSubmission(  # noqa: N802
        self, request: pb.StreamSubmissionRequest, context: Any
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        try:
            while True:
                yield pb.StreamSubmissionResponse()
                await asyncio.sleep(0.01)
        finally:
            self.cancelled.set()

    async def JudgeBatch(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.JudgeBatchRequest], context: Any
    ) -> AsyncIterator[pb.JudgeBatchResponse]:
        async for request in request_iterator:
            yield pb.JudgeBatchResponse(item_id=request.item_id)


class Recorder:
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def started(self, call: CallInfo) -> None:
        self.calls.put_nowait((call.method.rpartition("/")[2], "started"))

    def finished(self, call: CallInfo, code: grpc.StatusCode, seconds: float) -> None:
        assert seconds >= 0
        self.calls.put_nowait((call.method.rpartition("/")[2], code.name))

    async def heard(self, count: int) -> list[tuple[str, str]]:
        """The next `count` words: a caller has its answer before its call is over."""
        async with asyncio.timeout(5):
            return [await self.calls.get() for _ in range(count)]


def registered(servicer: Judge) -> list[Registration]:
    return [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)]


@pytest.fixture
def observer() -> Recorder:
    return Recorder()


@pytest.fixture
def servicer() -> Judge:
    return Judge()  # type: ignore[abstract]  # what is not asked for stays unimplemented


@pytest_asyncio.fixture
async def guarded(observer: Recorder, servicer: Judge) -> AsyncIterator[str]:
    server = RpcServer(RpcSettings(port=0, token=SecretStr("t0ken")), registered(servicer), observer=observer)
    await server.start()
    await server.set_serving()
    yield f"127.0.0.1:{server.port}"
    await server.drain(0.1)


async def one_message(data: bytes) -> AsyncIterator[bytes]:
    yield data


def send_one(channel: Any, data: bytes) -> Any:
    return channel.unary_unary("/microcoder.v1.Judge/GetCapabilities")(data, timeout=10, metadata=TOKEN)


def send_one_for_many(channel: Any, data: bytes) -> Any:
    return anext(aiter(channel.unary_stream("/microcoder.v1.Judge/StreamSubmission")(data, timeout=10, metadata=TOKEN)))


def send_many(channel: Any, data: bytes) -> Any:
    call = channel.stream_stream("/microcoder.v1.Judge/JudgeBatch")
    return anext(aiter(call(one_message(data), timeout=10, metadata=TOKEN)))


@pytest.mark.parametrize("send", [send_one, send_one_for_many, send_many])
async def test_bytes_that_are_no_message_are_refused_with_words(guarded: str, observer: Recorder, send: Any) -> None:
    async with grpc.aio.insecure_channel(guarded) as plain:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await send(plain, b"\x0a\xff\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "5 bytes is no message" in (caught.value.details() or "")
    assert [code for _, code in await observer.heard(2)] == ["started", "INVALID_ARGUMENT"]


async def test_a_call_without_deadline_is_refused_by_the_server(guarded: str) -> None:
    async with grpc.aio.insecure_channel(guarded) as plain:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await JudgeStub(plain).GetCapabilities(ASK, metadata=(("authorization", "Bearer t0ken"),))
    status: Any = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert b"DEADLINE_REQUIRED" in status.details[0].value


async def test_a_call_without_timeout_does_not_leave_the_client(serve: Serve, servicer: Judge) -> None:
    stub = JudgeStub(await serve(registered(servicer)))
    with pytest.raises(InvalidArgument, match="timeout") as caught:
        await stub.GetCapabilities(ASK)
    assert caught.value.reason == "DEADLINE_REQUIRED"
    with pytest.raises(InvalidArgument, match="timeout"):
        async for _ in stub.StreamSubmission(pb.StreamSubmissionRequest()):
            pass


async def test_health_and_reflection_ask_for_neither_deadline_nor_token(guarded: str) -> None:
    async with grpc.aio.insecure_channel(guarded) as plain:
        health: Any = health_pb2_grpc.HealthStub(plain)
        for service in ("", "microcoder.v1.Judge"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        messages: Any = reflection_pb2
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", plain))
        asked = messages.ServerReflectionRequest(list_services="")
        async for listing in stub.ServerReflectionInfo(iter([asked])):
            names = {service.name for service in listing.list_services_response.service}
    assert {"microcoder.v1.Judge", "grpc.health.v1.Health"} <= names


@pytest.mark.parametrize("token", ["", "wrong", "t0ken2"])
async def test_a_wrong_token_is_refused(guarded: str, token: str) -> None:
    async with open_channel(guarded, ChannelSettings(token=SecretStr(token))) as channel:
        with pytest.raises(PermissionDenied) as caught:
            await JudgeStub(channel).GetCapabilities(ASK, timeout=5)
    assert caught.value.reason == "UNAUTHENTICATED"


def test_a_token_that_cannot_travel_is_refused_at_once() -> None:
    for settings in (RpcSettings, ChannelSettings):
        with pytest.raises(ValidationError, match="ASCII"):
            settings(token=SecretStr("tökén"))


async def test_the_right_token_is_taken_and_the_call_observed(guarded: str, observer: Recorder) -> None:
    async with open_channel(guarded, ChannelSettings(token=SecretStr("t0ken"))) as channel:
        await JudgeStub(channel).GetCapabilities(ASK, timeout=5)
    async with open_channel(guarded) as channel:
        with pytest.raises(PermissionDenied):
            await JudgeStub(channel).GetCapabilities(ASK, timeout=5)
    wanted = [("GetCapabilities", word) for word in ("started", "OK", "started", "UNAUTHENTICATED")]
    assert await observer.heard(4) == wanted


async def test_the_request_id_comes_back_and_travels_on(serve: Serve, servicer: Judge) -> None:
    stub = JudgeStub(await serve(registered(servicer)))
    call = stub.GetCapabilities(ASK, timeout=5, metadata=(("x-request-id", "mine-1"),))
    assert (await call).tier == "mine-1"
    assert dict(await call.trailing_metadata())["x-request-id"] == "mine-1"
    current_request_id.set("of-the-caller")
    assert (await stub.GetCapabilities(ASK, timeout=5)).tier == "of-the-caller"


@pytest.mark.parametrize("given", ["", "x" * 65, 'a"b\\c d'])
async def test_a_request_id_that_is_none_is_replaced(serve: Serve, servicer: Judge, given: str) -> None:
    stub = JudgeStub(await serve(registered(servicer)))
    answer = await stub.GetCapabilities(ASK, timeout=5, metadata=(("x-request-id", given),))
    assert len(answer.tier) == 16


async def test_a_caller_that_leaves_cancels_the_handler(serve: Serve, servicer: Judge) -> None:
    stub = JudgeStub(await serve(registered(servicer)))
    call = stub.JudgeSubmission(pb.JudgeSubmissionRequest(), timeout=30)
    await asyncio.wait_for(servicer.running.wait(), 5)
    call.cancel()
    await asyncio.wait_for(servicer.cancelled.wait(), 5)


async def test_a_caller_that_breaks_off_a_stream_cancels_the_handler(serve: Serve, servicer: Judge) -> None:
    stub = JudgeStub(await serve(registered(servicer)))
    async for _ in stub.StreamSubmission(pb.StreamSubmissionRequest(), timeout=30):
        break
    await asyncio.wait_for(servicer.cancelled.wait(), 5)


async def test_a_stream_both_ways_passes_the_guards(serve: Serve) -> None:
    class Scorer(DifficultyScorerServicer):
        async def StreamScores(  # noqa: N802
            self, request_iterator: AsyncIterator[scorer_pb.StreamScoresRequest], context: Any
        ) -> AsyncIterator[scorer_pb.StreamScoresResponse]:
            async for _ in request_iterator:
                yield scorer_pb.StreamScoresResponse()
            raise InvalidArgument("that was all")

    registration = Registration(
        full_name="microcoder.v1.DifficultyScorer",
        add=add_DifficultyScorerServicer_to_server,
        servicer=Scorer(),  # type: ignore[abstract]  # what is not asked for stays unimplemented
    )
    stub = DifficultyScorerStub(await serve([registration]))
    answers = 0
    with pytest.raises(InvalidArgument, match="that was all"):  # noqa: PT012
        async for _ in stub.StreamScores(iter([scorer_pb.StreamScoresRequest()] * 3), timeout=5):
            answers += 1
    assert answers == 3


async def test_a_servicer_that_aborts_by_hand_is_observed_too(guarded: str, observer: Recorder) -> None:
    async with open_channel(guarded, ChannelSettings(token=SecretStr("t0ken"))) as channel:
        with pytest.raises(Unavailable, match="by hand"):
            await JudgeStub(channel).GetVerification(pb.GetVerificationRequest(), timeout=5)
    assert await observer.heard(2) == [("GetVerification", "started"), ("GetVerification", "ABORTED")]
