"""Which service listens where, and calls to them."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio

from microcoder.cli.local.state import StackState
from microcoder.config import Settings, load
from microcoder.host.ports import DEFAULT_PORTS
from microcoder.rpc import ChannelSettings, open_channel
from microcoder.v1.evaluator_service_pb2_grpc import EvaluatorStub
from microcoder.v1.judge_service_pb2_grpc import JudgeStub
from microcoder.v1.normalizer_service_pb2_grpc import NormalizerStub
from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerStub
from microcoder.v1.scraper_service_pb2_grpc import ScraperStub
from microcoder.v1.trainer_service_pb2_grpc import TrainerStub

if TYPE_CHECKING:  # the async stubs exist for type checkers only
    from microcoder.v1.evaluator_service_pb2_grpc import EvaluatorAsyncStub
    from microcoder.v1.judge_service_pb2_grpc import JudgeAsyncStub
    from microcoder.v1.normalizer_service_pb2_grpc import NormalizerAsyncStub
    from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerAsyncStub
    from microcoder.v1.scraper_service_pb2_grpc import ScraperAsyncStub
    from microcoder.v1.trainer_service_pb2_grpc import TrainerAsyncStub

SHORT_S = 30.0
"""Deadline of calls that answer at once, seconds."""
LONG_S = 24 * 3600.0
"""Deadline of streams that last as long as the work they watch, seconds."""


class _Settings(Settings):
    """What a command takes from the environment: MICROCODER_CHANNEL__…, for platforms that ask for TLS or a token."""

    channel: ChannelSettings = ChannelSettings()


def channel_settings() -> ChannelSettings:
    """TLS and token of calls to services, from the environment.

    Raises:
        ConfigError: A variable of it makes no sense.
    """
    return load(_Settings).channel


def endpoints(state_dir: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`host:port` of each service.

    From MICROCODER_ENDPOINTS__<NAME>, else from the running local platform, else the default port.
    """
    running = StackState.load(state_dir)
    found = {}
    for name, ports in DEFAULT_PORTS.items():
        local = running.services.get(name, "") if running else ""
        found[name] = environ.get(f"MICROCODER_ENDPOINTS__{name.upper()}") or local or f"127.0.0.1:{ports.rpc}"
    return found


@dataclass(frozen=True, slots=True)
class Clients:
    """One channel per service."""

    channels: Mapping[str, grpc.aio.Channel]

    @property
    def scraper(self) -> "ScraperAsyncStub":
        return ScraperStub(self.channels["scraper"])

    @property
    def normalizer(self) -> "NormalizerAsyncStub":
        return NormalizerStub(self.channels["normalizer"])

    @property
    def judge(self) -> "JudgeAsyncStub":
        return JudgeStub(self.channels["judge"])

    @property
    def scorer(self) -> "DifficultyScorerAsyncStub":
        return DifficultyScorerStub(self.channels["scorer"])

    @property
    def trainer(self) -> "TrainerAsyncStub":
        return TrainerStub(self.channels["trainer"])

    @property
    def evaluator(self) -> "EvaluatorAsyncStub":
        return EvaluatorStub(self.channels["evaluator"])


@asynccontextmanager
async def connect(state_dir: Path) -> AsyncIterator[Clients]:
    """Channels to all services; a service that is down shows only when it is called."""
    settings = channel_settings()
    channels = {name: open_channel(target, settings) for name, target in endpoints(state_dir).items()}
    try:
        yield Clients(channels)
    finally:
        for channel in channels.values():
            await channel.close()
