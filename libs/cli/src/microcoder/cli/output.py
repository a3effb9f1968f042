"""What a person or a program reads: tables on a terminal, JSON where asked for, errors in plain words."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn, TextIO

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from microcoder.core.errors import InvalidArgument, MicrocoderError, Unavailable

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_UNBOUNDED = 1000
"""Columns where no terminal limits them: a pipe or a file gets each row on one line, ids in one piece."""


def _width(stream: TextIO) -> int | None:
    """Columns for `stream`; None leaves it to the terminal, or to COLUMNS where that is set."""
    return None if stream.isatty() or "COLUMNS" in os.environ else _UNBOUNDED


console = Console(highlight=False, width=_width(sys.stdout))
notes = Console(stderr=True, highlight=False, width=_width(sys.stderr))
"""Progress and remarks: kept off standard output, which belongs to results."""


Say = Callable[[str], None]
"""Tells a person what is going on, one line at a time."""


def timed_say() -> Say:
    """Says each line with the seconds since this call in front of it."""
    started = time.monotonic()

    def say(line: str) -> None:
        notes.print(f"[dim]{time.monotonic() - started:6.1f} s[/]  {shown(line)}")

    return say


def as_dict(message: Message) -> dict[str, Any]:
    """`message` for JSON, with the field names of the proto and with fields that are zero."""
    plain: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return plain


def print_json(data: Any) -> None:
    """Prints `data` (plain values or a message) as one JSON document on standard output."""
    plain = as_dict(data) if isinstance(data, Message) else data
    sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of untrusted values: markup in them is shown, not obeyed."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        right = column.endswith("#")
        made.add_column(column.removesuffix("#"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    return made


def visible(text: str, limit: int = 2000) -> str:
    """Untrusted `text` with control characters made visible, cut at `limit` characters; markup stays as it is."""
    made = "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text[:limit])
    return made + ("…" if len(text) > limit else "")


def shown(text: str, limit: int = 2000) -> str:
    """Untrusted `text` for a terminal: control characters and markup made visible, cut at `limit` characters."""
    return escape(visible(text, limit))


def short_time(message: Any) -> str:
    """A `Timestamp` as local time to the second, empty where it is not set."""
    if not message.seconds:
        return ""
    return str(message.ToDatetime().replace(microsecond=0).isoformat(sep=" "))


def enum_name(message: Message, field: str) -> str:
    """The value of the enum `field` as a person says it: `STAGE_VERIFIED` is `verified`."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None  # noqa: S101 - only called on enum fields
    name = enum.values_by_number[getattr(message, field)].name
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return name.removeprefix(prefix).lower() if getattr(message, field) else ""


def run(work: Coroutine[Any, Any, None], *, as_json: bool = False, exit_code: int = EXIT_FAILED) -> None:
    """Runs a command to its end. Errors of the domain become one message and an exit code.

    SIGTERM ends it as Ctrl-C does, so that what it started is stopped in order.

    Args:
        work: The command.
        as_json: Whether an error is told as JSON.
        exit_code: Of errors other than wrong usage.
    """
    try:
        asyncio.run(_ending_on_sigterm(work))
    except MicrocoderError as error:
        fail(error, as_json=as_json, exit_code=exit_code)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(EXIT_INTERRUPTED) from None


async def _ending_on_sigterm(work: Coroutine[Any, Any, None]) -> None:
    current = asyncio.current_task()
    assert current is not None  # noqa: S101 - a coroutine always runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    await work


def fail(error: MicrocoderError, *, as_json: bool = False, exit_code: int = EXIT_FAILED) -> NoReturn:
    """Says what went wrong and ends the command."""
    if as_json:
        print_json({"error": {"reason": error.reason, "message": error.message, "metadata": error.metadata}})
    else:
        notes.print(f"[bold red]Error:[/] {shown(error.message)}")
        for field, why in (error.fields if isinstance(error, InvalidArgument) else {}).items():
            notes.print(f"  {shown(field)}: {shown(why)}")
        if isinstance(error, Unavailable):
            notes.print("[dim]Is the platform up? `microcoder up` starts it, `microcoder status` shows it.[/]")
    raise typer.Exit(EXIT_USAGE if isinstance(error, InvalidArgument) else exit_code)
