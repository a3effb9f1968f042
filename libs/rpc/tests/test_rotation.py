"""Tokens and certificates that are replaced while clients and servers run."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr, ValidationError

from microcoder.core.errors import FailedPrecondition, PermissionDenied, Unavailable
from microcoder.rpc import ChannelSettings, Registration, RpcServer, RpcSettings, TlsSettings, open_channel
from microcoder.testing.certificates import Authority
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, JudgeStub, add_JudgeServicer_to_server


class Judge(JudgeServicer):
    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        return pb.GetCapabilitiesResponse(tier="namespaces")

    async def StreamSubmission(  # noqa: N802
        self, request: pb.StreamSubmissionRequest, context: Any
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        while True:
            yield pb.StreamSubmissionResponse()


def make(settings: RpcSettings) -> RpcServer:
    servicer = Judge()  # type: ignore[abstract]  # what is not asked for stays unimplemented
    return RpcServer(
        settings, [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)]
    )


async def ask(channel: grpc.aio.Channel, *, timeout_s: float = 5) -> str:
    return str((await JudgeStub(channel).GetCapabilities(pb.GetCapabilitiesRequest(), timeout=timeout_s)).tier)


async def test_a_token_is_replaced_without_a_refused_call(tmp_path: Path) -> None:
    at_server, at_client = tmp_path / "server", tmp_path / "client"
    at_server.write_text("old\n")
    at_client.write_text("old\n")
    server = make(RpcSettings(port=0, token_file=at_server))
    port = await server.start()
    async with open_channel(f"127.0.0.1:{port}", ChannelSettings(token_file=at_client)) as channel:
        await ask(channel)
        at_server.write_text("old\nnew\n")
        await ask(channel)
        at_client.write_text("new\nold\n")
        await ask(channel)
        at_server.write_text("new\n")
        await ask(channel)
        at_client.write_text("old\n")
        with pytest.raises(PermissionDenied) as caught:
            await ask(channel)
    assert caught.value.reason == "UNAUTHENTICATED"
    await server.drain(0)


@pytest.mark.parametrize("content", [None, "", "\n \n", "schlüssel\n"])
async def test_a_token_file_that_admits_everybody_or_nobody_is_told_at_the_start(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(FailedPrecondition, match=str(file)):
        await make(RpcSettings(port=0, token_file=file)).start()


async def test_a_token_file_that_is_emptied_admits_nobody_new(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t0ken\n")
    server = make(RpcSettings(port=0, token_file=file))
    port = await server.start()
    file.write_text("")
    async with open_channel(f"127.0.0.1:{port}", ChannelSettings(token=SecretStr("t0ken"))) as channel:
        await ask(channel)
    async with open_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(PermissionDenied):
            await ask(channel)
    await server.drain(0)


@pytest.mark.parametrize("settings", [RpcSettings, ChannelSettings])
def test_two_sources_of_a_token_are_refused(settings: type[RpcSettings | ChannelSettings], tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="two sources"):
        settings(token=SecretStr("a"), token_file=tmp_path)


async def test_certificates_are_replaced_under_a_running_server_and_an_open_channel(tmp_path: Path) -> None:
    first, second = Authority(tmp_path / "first"), Authority(tmp_path / "second")
    served, trusted = first.issue("localhost"), first.certificate
    server = make(RpcSettings(port=0, tls=TlsSettings(cert_file=served.certificate, key_file=served.key)))
    target = f"localhost:{await server.start()}"
    settings = ChannelSettings(secure=True, tls=TlsSettings(ca_file=trusted))
    async with open_channel(target, settings) as channel:
        assert await ask(channel) == "namespaces"
        stream = JudgeStub(channel).StreamSubmission(pb.StreamSubmissionRequest(), timeout=30)
        await anext(aiter(stream))

        renewed = second.issue("localhost")
        shutil.copy(renewed.certificate, served.certificate)
        shutil.copy(renewed.key, served.key)
        async with open_channel(target, settings) as late:
            with pytest.raises(Unavailable):
                await ask(late, timeout_s=2)

        shutil.copy(second.certificate, trusted)
        assert await ask(channel) == "namespaces"
        await anext(aiter(stream))  # calls of before go on
    await server.drain(0)


async def test_half_a_rotation_keeps_what_was_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("localhost")
    server = make(RpcSettings(port=0, tls=TlsSettings(cert_file=pair.certificate, key_file=pair.key)))
    target = f"localhost:{await server.start()}"
    pair.key.unlink()
    settings = ChannelSettings(secure=True, tls=TlsSettings(ca_file=authority.certificate))
    async with open_channel(target, settings) as channel:
        assert await ask(channel) == "namespaces"
    assert "stays in force" in caplog.text
    await server.drain(0)


async def test_health_asks_for_no_token_under_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("localhost")
    tls = TlsSettings(cert_file=pair.certificate, key_file=pair.key)
    server = make(RpcSettings(port=0, token=SecretStr("t0ken"), tls=tls))
    port = await server.start()
    await server.set_serving()
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{port}", credentials) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await server.drain(0)
