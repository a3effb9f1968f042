"""Life of a server: binding, draining, TLS, sizes; and of a channel to it."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import ValidationError

from microcoder.core.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, ResourceExhausted, Unavailable
from microcoder.rpc import ChannelSettings, Registration, RpcServer, RpcSettings, TlsSettings, open_channel
from microcoder.rpc.channel import service_config
from microcoder.testing.certificates import Authority
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, JudgeStub, add_JudgeServicer_to_server

ASK = pb.GetCapabilitiesRequest()


class Judge(JudgeServicer):
    """Takes its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.running = asyncio.Event()

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        self.running.set()
        await asyncio.sleep(self.seconds)
        return pb.GetCapabilitiesResponse(tier="namespaces")

    async def JudgeSubmission(self, request: pb.JudgeSubmissionRequest, context: Any) -> pb.JudgeSubmissionResponse:  # noqa: N802
        return pb.JudgeSubmissionResponse()


def judge(seconds: float = 0.0) -> Judge:
    return Judge(seconds)  # type: ignore[abstract]  # what is not asked for stays unimplemented


def make(settings: RpcSettings, servicer: JudgeServicer | None = None) -> RpcServer:
    return RpcServer(
        settings,
        [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer or judge())],
    )


async def ask(port: int, settings: ChannelSettings | None = None, *, timeout_s: float = 5) -> str:
    async with open_channel(f"localhost:{port}", settings) as channel:
        answer = await JudgeStub(channel).GetCapabilities(ASK, timeout=timeout_s)
        return str(answer.tier)


async def health(port: int) -> int:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        return int(answer.status)


async def test_not_serving_until_told() -> None:
    server = make(RpcSettings(port=0))
    port = await server.start()
    assert await health(port) == health_pb2.HealthCheckResponse.NOT_SERVING
    await server.set_serving()
    assert await health(port) == health_pb2.HealthCheckResponse.SERVING
    await server.drain(0)


async def test_a_taken_port_is_told_with_what_to_do() -> None:
    server = make(RpcSettings(port=0))
    port = await server.start()
    with pytest.raises(FailedPrecondition, match="MICROCODER_RPC__PORT"):
        await make(RpcSettings(port=port)).start()
    await server.drain(0)


async def test_drain_lets_the_running_call_end_and_takes_no_new_one() -> None:
    slow = judge(seconds=0.5)
    server = make(RpcSettings(port=0), slow)
    port = await server.start()
    running = asyncio.create_task(ask(port))
    await asyncio.wait_for(slow.running.wait(), 5)
    draining = asyncio.create_task(server.drain(5))
    await asyncio.sleep(0.05)
    with pytest.raises((Unavailable, DeadlineExceeded)):
        await ask(port, timeout_s=0.3)
    assert await running == "namespaces"
    await asyncio.wait_for(draining, 2)


async def test_drain_cuts_off_what_outlasts_the_grace() -> None:
    slow = judge(seconds=60)
    server = make(RpcSettings(port=0), slow)
    port = await server.start()
    running = asyncio.create_task(ask(port, timeout_s=20))
    await asyncio.wait_for(slow.running.wait(), 5)
    await asyncio.wait_for(server.drain(0.1), 5)
    with pytest.raises(Unavailable):
        await running


async def test_a_channel_finds_a_service_that_comes_later() -> None:
    first = make(RpcSettings(port=0))
    port = await first.start()
    await first.drain(0)
    async with open_channel(f"127.0.0.1:{port}") as channel:
        asked = asyncio.ensure_future(_get(channel, wait_for_ready=True))
        await asyncio.sleep(0.3)
        second = make(RpcSettings(port=port))
        await second.start()
        assert await asyncio.wait_for(asked, 10) == "namespaces"
        await second.drain(0)


async def _get(channel: grpc.aio.Channel, *, wait_for_ready: bool) -> str:
    answer = await JudgeStub(channel).GetCapabilities(ASK, timeout=10, wait_for_ready=wait_for_ready)
    return str(answer.tier)


async def test_too_large_is_an_invalid_argument_not_a_retry() -> None:
    server = make(RpcSettings(port=0, max_message_bytes=4096))
    port = await server.start()
    submission = pb.Submission(source=b"x" * 10_000)
    async with open_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(InvalidArgument, match="larger than max") as caught:
            await JudgeStub(channel).JudgeSubmission(pb.JudgeSubmissionRequest(submission=submission), timeout=5)
    assert caught.value.reason == "MESSAGE_TOO_LARGE"
    await server.drain(0)


async def test_thirty_mebibytes_pass() -> None:
    server = make(RpcSettings(port=0))
    port = await server.start()
    submission = pb.Submission(source=bytes(30 * 1024 * 1024))
    async with open_channel(f"127.0.0.1:{port}") as channel:
        await JudgeStub(channel).JudgeSubmission(pb.JudgeSubmissionRequest(submission=submission), timeout=20)
    await server.drain(0)


async def test_too_many_calls_are_refused_as_retryable() -> None:
    slow = judge(seconds=1)
    server = make(RpcSettings(port=0, max_concurrent=1), slow)
    port = await server.start()
    running = asyncio.create_task(ask(port))
    await asyncio.wait_for(slow.running.wait(), 5)
    with pytest.raises(ResourceExhausted):
        await ask(port)
    assert await running == "namespaces"
    await server.drain(0)


async def test_nobody_there_is_told_with_the_target() -> None:
    with pytest.raises(Unavailable, match=r"localhost:1 does not answer .* is the service running there"):
        await ask(1, timeout_s=5)


class Starting(JudgeServicer):
    """Is not ready at the first two calls."""

    def __init__(self) -> None:
        self.calls = 0

    async def GetCapabilities(  # noqa: N802
        self, request: pb.GetCapabilitiesRequest, context: Any
    ) -> pb.GetCapabilitiesResponse:
        self._count()
        return pb.GetCapabilitiesResponse()

    async def JudgeSubmission(  # noqa: N802
        self, request: pb.JudgeSubmissionRequest, context: Any
    ) -> pb.JudgeSubmissionResponse:
        self._count()
        return pb.JudgeSubmissionResponse()

    def _count(self) -> None:
        self.calls += 1
        if self.calls <= 2:
            raise Unavailable("starting")


async def test_reads_are_sent_again_and_nothing_else() -> None:
    for read in (True, False):
        servicer = Starting()  # type: ignore[abstract]  # what is not asked for stays unimplemented
        server = make(RpcSettings(port=0), servicer)
        async with open_channel(f"127.0.0.1:{await server.start()}") as channel:
            if read:
                await JudgeStub(channel).GetCapabilities(ASK, timeout=10)
            else:
                with pytest.raises(Unavailable, match="starting"):
                    await JudgeStub(channel).JudgeSubmission(pb.JudgeSubmissionRequest(), timeout=10)
        assert servicer.calls == (3 if read else 1)
        await server.drain(0)


async def test_calls_go_round_over_all_addresses_of_a_target() -> None:
    servers = [(make(RpcSettings(port=0), one), one) for one in (judge(), judge())]
    ports = [await server.start() for server, _ in servers]
    target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    async with open_channel(target) as channel:
        for _ in range(50):
            await JudgeStub(channel).GetCapabilities(ASK, timeout=5)
            if all(one.running.is_set() for _, one in servers):
                break
    assert all(one.running.is_set() for _, one in servers)
    for server, _ in servers:
        await server.drain(0)


def test_only_reads_are_retried_by_the_channel() -> None:
    names = {(name["service"], name["method"]) for name in service_config()["methodConfig"][0]["name"]}
    assert ("microcoder.v1.Judge", "GetVerification") in names
    assert ("microcoder.v1.Trainer", "ListTrainingRuns") in names
    assert ("microcoder.v1.Trainer", "CreateTrainingRun") not in names
    assert ("microcoder.v1.Scraper", "AddFeed") not in names


async def test_tls_with_client_certificates(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, shown = authority.issue("localhost"), authority.issue("client")
    trust = authority.certificate
    server = make(RpcSettings(port=0, tls=TlsSettings(cert_file=own.certificate, key_file=own.key, ca_file=trust)))
    port = await server.start()
    trusted = ChannelSettings(
        secure=True, tls=TlsSettings(cert_file=shown.certificate, key_file=shown.key, ca_file=trust)
    )
    assert await ask(port, trusted) == "namespaces"
    with pytest.raises(Unavailable):
        await ask(port, ChannelSettings(secure=True, tls=TlsSettings(ca_file=trust)), timeout_s=3)
    with pytest.raises(Unavailable):
        await ask(port, timeout_s=3)
    await server.drain(0)


async def test_a_tls_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = TlsSettings(cert_file=tmp_path / "c.pem", key_file=tmp_path / "k.pem")
    with pytest.raises(FailedPrecondition, match=r"k\.pem"):
        await make(RpcSettings(port=0, tls=missing)).start()


def test_half_a_certificate_is_refused() -> None:
    with pytest.raises(ValidationError, match="belong together"):
        TlsSettings(cert_file=Path("c.pem"))
    with pytest.raises(ValidationError, match=r"cert_file and tls\.key_file"):
        RpcSettings(tls=TlsSettings(ca_file=Path("ca.pem")))
