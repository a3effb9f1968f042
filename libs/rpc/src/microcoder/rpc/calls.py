"""What is known about a call while it is handled."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

import grpc

REQUEST_ID_HEADER = "x-request-id"
"""Metadata key: given by the caller or made, returned in the trailing metadata, written to every log line."""

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""Id of the call that this task handles; empty outside of one. Calls made meanwhile carry it on."""


current_draining: ContextVar[asyncio.Event | None] = ContextVar("current_draining", default=None)
"""Set when the server that handles this task's call wants to end; None outside of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """One call."""

    method: str
    """Full method name: `/microcoder.v1.Judge/JudgeSubmission`."""
    request_id: str
    """Its id."""


class CallObserver(Protocol):
    """Hears of every call that is handled, for logs and metrics. Runs in the handler's task and must not block."""

    def started(self, call: CallInfo) -> None:
        """A call came in."""

    def finished(self, call: CallInfo, code: grpc.StatusCode, seconds: float) -> None:
        """A call was answered with `code` after `seconds`; CANCELLED where the caller left or its time ran out."""


class SilentObserver:
    """Does nothing."""

    def started(self, call: CallInfo) -> None:
        del call

    def finished(self, call: CallInfo, code: grpc.StatusCode, seconds: float) -> None:
        del call, code, seconds
