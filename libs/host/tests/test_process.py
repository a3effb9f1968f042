"""A real service in a process of its own: starts, answers, tells what is wrong, drains."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import grpc
import httpx
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from microcoder.core.errors import InvalidArgument, MicrocoderError, Unavailable
from microcoder.rpc import open_channel
from microcoder.store import Store, StoreSettings, local_mongod
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeStub

SERVICE = Path(__file__).with_name("sample_service.py")


class Running:
    """A started service and what it has logged so far."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.log = folder / "service.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(SERVICE)], env=environment, stderr=log, stdout=subprocess.PIPE
            )
        self.rpc = ""
        self.admin = ""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    async def wait_for(self, event: str, *, timeout_s: float = 30.0) -> dict[str, Any]:
        """The first log line with that event."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = [line for line in self.lines() if line["event"] == event]
            if found:
                return found[0]
            assert self.process.poll() is None, self.log.read_text()
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {event} in {self.log.read_text()}")

    async def wait_ready(self) -> None:
        line = await self.wait_for("ready")
        self.rpc = f"127.0.0.1:{line['rpc_port']}"
        self.admin = f"http://127.0.0.1:{line['admin_port']}"

    async def end(self, *, timeout_s: float = 15.0) -> int:
        """The exit code."""
        return await asyncio.to_thread(self.process.wait, timeout_s)

    async def readiness(self) -> tuple[int, dict[str, Any]]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.admin}/readyz", timeout=10)
        return answer.status_code, answer.json()


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the sample service with settings; whatever still runs is killed at the end."""
    started: list[Running] = []

    def run(**settings: str) -> Running:
        running = Running(environment_with(tmp_path, settings), tmp_path)
        started.append(running)
        return running

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def environment_with(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    own = {
        "RPC__PORT": "0",
        "ADMIN__PORT": "0",
        "BUS__PATH": str(folder / "bus.sqlite3"),
        "STORE__URI": "mongodb://127.0.0.1:1",
        **settings,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MICROCODER_")}
    return inherited | {f"MICROCODER_{name}": value for name, value in own.items()}


@pytest.fixture
def store_environment(store_settings: StoreSettings) -> dict[str, str]:
    return {"STORE__URI": store_settings.uri.get_secret_value(), "STORE__DATABASE": store_settings.database}


def submission(language: str, problem_id: str = "p") -> pb.JudgeSubmissionRequest:
    return pb.JudgeSubmissionRequest(submission=pb.Submission(language=language, problem_id=problem_id))


async def judge(channel: grpc.aio.Channel, language: str, problem_id: str = "p") -> pb.JudgeSubmissionResponse:
    return await JudgeStub(channel).JudgeSubmission(submission(language, problem_id), timeout=10)


async def test_a_service_lives_its_whole_life(start: Start, store_environment: dict[str, str], store: Store) -> None:
    service = start(**store_environment, SAMPLE__FLAKY="true")
    await service.wait_ready()
    async with open_channel(service.rpc) as channel:
        await judge(channel, "collect", "by-outbox")
        assert await until_noted(store, "by-outbox") == ["came by the bus"]
        with pytest.raises(InvalidArgument) as refused:
            await judge(channel, "wrong")
        assert refused.value.fields == {"language": "unknown"}
        with pytest.raises(MicrocoderError) as failed:
            await judge(channel, "bug")
        assert failed.value.reason == "INTERNAL"

    status, body = await service.readiness()
    assert (status, set(body["checks"])) == (200, {"store", "bus", "rpc"})
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{service.admin}/livez")).status_code == 200
        metrics = (await client.get(f"{service.admin}/metrics")).text
    method = "/microcoder.v1.Judge/JudgeSubmission"
    for code, count in (("OK", 1), ("INVALID_ARGUMENT", 1), ("INTERNAL", 1)):
        assert f'microcoder_rpc_handled_total{{code="{code}",method="{method}"}} {count}.0' in metrics
    topic = "microcoder.problem.collected.v1"
    assert f'microcoder_outbox_sent_total{{topic="{topic}"}} 1.0' in metrics
    assert f'microcoder_bus_finished_total{{outcome="handled",topic="{topic}"}} 1.0' in metrics
    assert 'microcoder_bus_lag_messages{group="sample"' in metrics

    [bug] = [line for line in service.lines() if "internal detail" in line.get("exception", "")]
    assert bug["request_id"] == failed.value.metadata["request_id"]
    assert bug["method"] == method
    assert len([line for line in service.lines() if line["event"].startswith("task failed")]) == 2
    service.process.send_signal(signal.SIGTERM)
    assert await service.end() == 0


async def until_noted(store: Store, problem_id: str) -> list[str]:
    for _ in range(200):
        entries = await store.timeline.of(problem_id)
        if entries:
            break
        await asyncio.sleep(0.05)
    return [entry.summary for entry in entries]


async def test_a_plain_client_sees_health_and_the_contracts(start: Start, store_environment: dict[str, str]) -> None:
    service = start(**store_environment)
    await service.wait_ready()
    async with plain(service) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service="microcoder.v1.Judge"))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert "JudgeSubmission" in await methods_of(channel, "microcoder.v1.Judge")
        with pytest.raises(grpc.aio.AioRpcError, match="deadline"):
            await JudgeStub(channel).JudgeSubmission(submission("slow"))


@asynccontextmanager
async def plain(service: Running) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(service.rpc) as channel:
        yield channel


async def methods_of(channel: grpc.aio.Channel, service: str) -> list[str]:
    messages: Any = reflection_pb2
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
    asked = messages.ServerReflectionRequest(file_containing_symbol=service)
    names = []
    async for answer in stub.ServerReflectionInfo(iter([asked])):
        for data in answer.file_descriptor_response.file_descriptor_proto:
            file = FileDescriptorProto.FromString(data)
            names += [method.name for declared in file.service for method in declared.method]
    return names


async def test_sigterm_lets_the_call_in_hand_end_and_takes_no_other(
    start: Start, store_environment: dict[str, str]
) -> None:
    service = start(**store_environment)
    await service.wait_ready()
    async with open_channel(service.rpc) as channel:
        in_hand = asyncio.create_task(judge(channel, "slow"))
        await asyncio.sleep(0.3)
        service.process.send_signal(signal.SIGTERM)
        await service.wait_for("stopping, a second signal ends at once")
        async with open_channel(service.rpc) as other:
            with pytest.raises(Unavailable):
                await judge(other, "collect")
        assert await in_hand == pb.JudgeSubmissionResponse()
    assert await service.end() == 0


async def test_work_that_does_not_end_is_cut_off_within_the_budget(
    start: Start, store_environment: dict[str, str]
) -> None:
    service = start(**store_environment, HOST__DRAIN_BUDGET_S="1")
    await service.wait_ready()
    async with open_channel(service.rpc) as channel:
        in_hand = asyncio.create_task(judge(channel, "endless"))
        await asyncio.sleep(0.3)
        service.process.send_signal(signal.SIGTERM)
        assert await service.end(timeout_s=5) == 0
        with pytest.raises(Unavailable):
            await in_hand


async def test_a_second_signal_ends_at_once(start: Start, store_environment: dict[str, str]) -> None:
    service = start(**store_environment)
    await service.wait_ready()
    async with open_channel(service.rpc) as channel:
        in_hand = asyncio.create_task(judge(channel, "endless"))
        await asyncio.sleep(0.3)
        for number in (signal.SIGINT, signal.SIGTERM):  # one Ctrl-C, as a process under a runner gets it
            service.process.send_signal(number)
        await service.wait_for("stopping, a second signal ends at once")
        await asyncio.sleep(1.1)
        assert service.process.poll() is None
        service.process.send_signal(signal.SIGINT)
        assert await service.end(timeout_s=2) == 128 + signal.SIGINT
        with pytest.raises(Unavailable):
            await in_hand


async def test_a_crashed_task_ends_the_process_with_its_traceback(
    start: Start, store_environment: dict[str, str]
) -> None:
    service = start(**store_environment, SAMPLE__CRASH_AFTER_S="0.2")
    assert await service.end(timeout_s=30) == 1
    [crash] = [line for line in service.lines() if line["event"].startswith("crashed")]
    assert "ZeroDivisionError: a bug in a task" in crash["exception"]
    assert service.lines()[-1]["event"] == "ended"


async def test_no_mongod_is_told_and_given_up(start: Start) -> None:
    service = start(STORE__URI="mongodb://user:s3cret@127.0.0.1:1", HOST__STARTUP_BUDGET_S="1")
    assert await service.end(timeout_s=20) == 3
    last = service.lines()[-1]
    assert last["level"] == "error"
    assert "The store" in last["error"]
    assert "s3cret" not in service.log.read_text()


async def test_sigterm_while_waiting_for_mongod_ends_quietly(start: Start) -> None:
    service = start(HOST__STARTUP_BUDGET_S="60", STORE__SERVER_SELECTION_TIMEOUT_S="0.3")
    await service.wait_for("waiting", timeout_s=20)
    service.process.send_signal(signal.SIGTERM)
    assert await service.end(timeout_s=5) == 0


async def test_mongod_away_is_not_ready_and_comes_back(
    start: Start, mongod: local_mongod.MongodProcess, tmp_path: Path
) -> None:
    service = start(STORE__URI=mongod.uri)
    await service.wait_ready()
    mongod.kill()
    status, body = await service.readiness()
    assert status == 503
    assert not body["checks"]["store"]["ok"]
    assert body["checks"]["bus"]["ok"]
    again = local_mongod.start(mongod.folder, port=mongod.port)
    try:
        for _ in range(100):
            if (await service.readiness())[0] == 200:
                break
            await asyncio.sleep(0.1)
        assert (await service.readiness())[0] == 200
        assert service.process.poll() is None
    finally:
        again.stop()


def run_to_end(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(SERVICE), *arguments],
        env=environment_with(folder, settings),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_to_end(tmp_path, ADMIN__PORT=str(taken.getsockname()[1]))
    assert done.returncode == 3
    assert "MICROCODER_ADMIN__PORT" in done.stderr


def test_a_typing_error_is_told(tmp_path: Path) -> None:
    done = run_to_end(tmp_path, SAMPLE__FLAKEY="1", RPC__PORT="99999999")
    assert done.returncode == 2
    assert "MICROCODER_SAMPLE__FLAKEY" in done.stderr
    assert "did you mean flaky" in done.stderr
    assert "Traceback" not in done.stderr


def test_print_config_tells_no_secret(tmp_path: Path) -> None:
    done = run_to_end(
        tmp_path,
        "--print-config",
        "json",
        STORE__URI="mongodb://admin:s3cret@db",
        SAMPLE__SECRET_TOKEN="s3cret",
        RPC__TOKEN="s3cret",
        BUS__KAFKA__SASL_PASSWORD="s3cret",
    )
    assert done.returncode == 0
    assert "s3cret" not in done.stdout + done.stderr
    shown = json.loads(done.stdout)
    assert shown["sample"]["secret_token"] == "**********"
    assert shown["endpoints"]["judge"] == "127.0.0.1:50053"
