"""Channels to services: balanced, kept alive, reads retried, errors in the words of the domain."""

import json
from typing import Any

import grpc

from microcoder.rpc.client import DomainChannel
from microcoder.rpc.connection import Connection
from microcoder.rpc.settings import ChannelSettings
from microcoder.rpc.tls import channel_credentials
from microcoder.rpc.tokens import Tokens
from microcoder.v1 import (
    evaluator_service_pb2,
    judge_service_pb2,
    normalizer_service_pb2,
    scorer_service_pb2,
    scraper_service_pb2,
    trainer_service_pb2,
)

_CONTRACTS: tuple[Any, ...] = (
    evaluator_service_pb2,
    judge_service_pb2,
    normalizer_service_pb2,
    scorer_service_pb2,
    scraper_service_pb2,
    trainer_service_pb2,
)
_READS = ("Get", "List", "Watch", "Trace", "Download")
"""Methods that start so change nothing: gRPC may send them again while nothing has come back."""
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def open_channel(target: str, settings: ChannelSettings | None = None) -> grpc.aio.Channel:
    """A channel to `target` (`host:port`, or `dns:///name:port` to balance over its addresses), on the running loop.

    Calls must have a timeout and fail with the errors of `microcoder.core.errors`. Nothing is connected until the
    first call.

    Raises:
        FailedPrecondition: A TLS or token file cannot be read.
    """
    settings = settings or ChannelSettings()
    connection = Connection(target, _options(settings), channel_credentials(settings))
    return DomainChannel(connection, target=target, tokens=Tokens(settings.token, settings.token_file))


def service_config() -> dict[str, Any]:
    """Balance over all addresses; retry reads that did not arrive."""
    reads = [
        {"service": service.full_name, "method": method.name}
        for contract in _CONTRACTS
        for service in contract.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if method.name.startswith(_READS)
    ]
    return {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [{"name": reads, "retryPolicy": _RETRY}]}


def _options(settings: ChannelSettings) -> list[tuple[str, Any]]:
    return [
        ("grpc.service_config", json.dumps(service_config())),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        # A service that restarts is found again within seconds, not after gRPC's default of up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 5_000),
    ]
