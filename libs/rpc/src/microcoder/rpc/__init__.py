"""gRPC servers, channels, errors and clients."""

from microcoder.rpc.calls import REQUEST_ID_HEADER, CallInfo, CallObserver, current_request_id
from microcoder.rpc.channel import open_channel
from microcoder.rpc.judge_client import JudgeClient
from microcoder.rpc.paging import page_size
from microcoder.rpc.server import Registration, RpcServer
from microcoder.rpc.settings import ChannelSettings, RpcSettings, TlsSettings
from microcoder.rpc.watching import watch

__all__ = [
    "REQUEST_ID_HEADER",
    "CallInfo",
    "CallObserver",
    "ChannelSettings",
    "JudgeClient",
    "Registration",
    "RpcServer",
    "RpcSettings",
    "TlsSettings",
    "current_request_id",
    "open_channel",
    "page_size",
    "watch",
]
