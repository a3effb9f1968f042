"""The command against services that ask for TLS and a token."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from microcoder.cli.connect import connect
from microcoder.config import ConfigError
from microcoder.core.errors import PermissionDenied
from microcoder.rpc import Registration, RpcServer, RpcSettings, TlsSettings
from microcoder.testing.certificates import Authority
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server


class Judge(JudgeServicer):
    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        return pb.GetCapabilitiesResponse(tier="namespaces")


async def test_certificates_and_token_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("localhost")
    tls = TlsSettings(cert_file=pair.certificate, key_file=pair.key)
    servicer = Judge()  # type: ignore[abstract]  # what is not asked for stays unimplemented
    server = RpcServer(
        RpcSettings(port=0, token=SecretStr("t0ken"), tls=tls),
        [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)],
    )
    port = await server.start()
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    monkeypatch.setenv("MICROCODER_ENDPOINTS__JUDGE", f"localhost:{port}")
    monkeypatch.setenv("MICROCODER_CHANNEL__SECURE", "true")
    monkeypatch.setenv("MICROCODER_CHANNEL__TLS__CA_FILE", str(authority.certificate))
    async with connect(tmp_path) as clients:
        with pytest.raises(PermissionDenied, match="Bearer"):
            await clients.judge.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)
    monkeypatch.setenv("MICROCODER_CHANNEL__TOKEN_FILE", str(token))
    async with connect(tmp_path) as clients:
        assert (await clients.judge.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)).tier == "namespaces"
    await server.drain(0)


async def test_a_mistyped_setting_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROCODER_CHANNEL__TOKENFILE", "x")
    with pytest.raises(ConfigError, match="TOKENFILE"):
        async with connect(tmp_path):
            pass
