"""The command against services that ask for TLS and a token."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from microcoder.cli.connect import channel_settings, connect
from microcoder.cli.local.ready import is_serving, wait_serving
from microcoder.config import ConfigError
from microcoder.core.errors import FailedPrecondition, PermissionDenied
from microcoder.rpc import ChannelSettings, Registration, RpcServer, RpcSettings, TlsSettings
from microcoder.testing.certificates import Authority
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server


class Judge(JudgeServicer):
    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        return pb.GetCapabilitiesResponse(tier="namespaces")


@pytest_asyncio.fixture
async def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Port of a judge with TLS and a token, whose authority the environment names."""
    authority = Authority(tmp_path)
    pair = authority.issue("localhost")
    tls = TlsSettings(cert_file=pair.certificate, key_file=pair.key)
    servicer = Judge()  # type: ignore[abstract]  # what is not asked for stays unimplemented
    server = RpcServer(
        RpcSettings(port=0, token=SecretStr("t0ken"), tls=tls),
        [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)],
    )
    port = await server.start()
    await server.set_serving()
    monkeypatch.setenv("MICROCODER_ENDPOINTS__JUDGE", f"localhost:{port}")
    monkeypatch.setenv("MICROCODER_CHANNEL__SECURE", "true")
    monkeypatch.setenv("MICROCODER_CHANNEL__TLS__CA_FILE", str(authority.certificate))
    yield port
    await server.drain(0)


async def test_certificates_and_token_come_from_the_environment(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    async with connect(tmp_path) as clients:
        with pytest.raises(PermissionDenied, match="Bearer"):
            await clients.judge.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)
    monkeypatch.setenv("MICROCODER_CHANNEL__TOKEN_FILE", str(token))
    async with connect(tmp_path) as clients:
        assert (await clients.judge.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)).tier == "namespaces"


async def asked_for_status(folder: Path) -> tuple[int | None, Any]:
    """The exit code of `microcoder status --json`, and what it says."""
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "microcoder.cli", "status", "--json", "--state", str(folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(asked.communicate(), timeout=60)
    return asked.returncode, json.loads(said)


async def test_status_asks_with_the_certificates_of_every_other_call(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, said = await asked_for_status(tmp_path)
    assert said["judge"] == {"endpoint": f"localhost:{guarded}", "serving": True}
    monkeypatch.setenv("MICROCODER_CHANNEL__SECURE", "false")
    code, said = await asked_for_status(tmp_path)
    assert (said["judge"]["serving"], code) == (False, 1)


async def test_a_local_service_counts_as_up_once_it_serves_by_tls(guarded: int) -> None:
    assert await wait_serving(f"localhost:{guarded}", channel_settings(), timeout_s=30)
    assert not await wait_serving(f"localhost:{guarded}", ChannelSettings(), timeout_s=0.5)


async def test_a_certificate_that_cannot_be_read_is_told_and_not_taken_for_a_service_that_is_down(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROCODER_CHANNEL__TLS__CA_FILE", str(tmp_path / "absent.pem"))
    with pytest.raises(FailedPrecondition, match=r"absent\.pem"):
        await is_serving(f"localhost:{guarded}", channel_settings())


async def test_a_mistyped_setting_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROCODER_CHANNEL__TOKENFILE", "x")
    with pytest.raises(ConfigError, match="TOKENFILE"):
        async with connect(tmp_path):
            pass
