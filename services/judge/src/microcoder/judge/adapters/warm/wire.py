"""Messages between the service and a slot's supervisor: the same records as in native/warm.h."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from microcoder.judge.domain.engine import Ended, Outcome, RunLimits

MAX_FILES = 64
"""Files of a program's folder."""
MAX_TEXT = 48 << 10
"""Bytes of arguments, environment and file names."""
MAX_INLINE = 48 << 10
"""Bytes of input, or of all output, within a message."""
MAX_MESSAGE = 256 + MAX_TEXT + MAX_INLINE
"""Bytes."""
_REQUEST = struct.Struct("=6I10q")
_REPLY = struct.Struct("=IIiiIIqqqqq3q")
_RUN, _STOP = 1, 2
_READY, _DONE, _DONE_APART, _FAILED = 1, 2, 3, 4
_WARM, _RESULT, _NEW_FILES, _INLINE = 1, 2, 4, 8
_ENDED = (None, Ended.CPU, Ended.IDLE, Ended.WALL, Ended.MEMORY, Ended.OUTPUT, Ended.CANCEL)

STOP = _REQUEST.pack(_STOP, *(0,) * 15)
"""Asks for the end of the run under way."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a supervisor said about a run."""

    outcome: Outcome | None
    """None where the run could not be made."""
    reason: str
    """Why not."""
    worn: bool
    """The slot ends with this reply."""


def pack_text(words: Sequence[str]) -> bytes | None:
    """Strings, each with a zero byte behind it; None where they are too long or cannot be told apart."""
    text = "\0".join(words)
    if text.count("\0") != len(words) - 1:
        return None
    data = text.encode("utf-8", "surrogateescape") + b"\0"
    return data if len(data) <= MAX_TEXT else None


def request(
    *,
    text: bytes,
    counts: tuple[int, int, int],
    limits: RunLimits,
    input_bytes: int,
    warm: bool,
    result: bool,
    new_files: bool,
    inline: bool,
) -> bytes:
    """The head of a request with its text; inline input follows.

    Args:
        text: See `pack_text`: arguments, environment, paths of files.
        counts: How many of each.
        limits: Of the run.
        input_bytes: Size of standard input.
        warm: The first argument is a file for the warm interpreter.
        result: Whether descriptor 3 is opened.
        new_files: Whether the program's folder changes.
        inline: Whether the input follows.
    """
    flags = warm * _WARM | result * _RESULT | new_files * _NEW_FILES | inline * _INLINE
    head = _REQUEST.pack(
        _RUN,
        flags,
        *counts,
        len(text),
        limits.cpu_time_ms,
        limits.idle_ms,
        limits.wall_ms,
        limits.memory_bytes,
        limits.processes,
        limits.stack_bytes,
        limits.box_bytes,
        limits.output_bytes,
        limits.error_bytes,
        input_bytes,
    )
    return head + text


def is_ready(data: bytes) -> bool:
    """Whether this is a supervisor's first word."""
    return len(data) >= _REPLY.size and _REPLY.unpack_from(data)[0] == _READY


def read_reply(data: bytes, apart: bytes | None) -> Reply:
    """The reply in a message.

    Args:
        data: The message.
        apart: What was in the descriptor that came with it.

    Raises:
        ValueError: It is none.
    """
    if len(data) < _REPLY.size:
        raise ValueError("a reply is too short")
    kind, ended, exit_code, signal, oom, worn, cpu, wall, delay, memory, end, *kept = _REPLY.unpack_from(data)
    body = apart if kind == _DONE_APART and apart is not None else data[_REPLY.size :]
    if kind not in (_DONE, _DONE_APART):
        return Reply(None, body.decode("utf-8", "replace") or "the slot failed", bool(worn))
    if sum(kept) != len(body) or ended >= len(_ENDED):
        raise ValueError("a reply contradicts itself")
    first, second = kept[0], kept[0] + kept[1]
    outcome = Outcome(
        exit_code=exit_code if exit_code >= 0 else None,
        signal=signal if signal >= 0 else None,
        ended=_ENDED[ended],
        cpu_time_us=cpu,
        wall_time_us=wall,
        run_delay_us=delay,
        memory_bytes=memory,
        out_of_memory=bool(oom),
        ended_at_us=end,
        stdout=body[:first],
        stderr=body[first:second],
        result=body[second:],
    )
    return Reply(outcome, "", bool(worn))
