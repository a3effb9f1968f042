"""`dlq`: messages that nobody could handle."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from pydantic import Field

from microcoder.bus import Bus, BusSettings, dlq, open_bus
from microcoder.cli import options
from microcoder.cli.local.state import StackState
from microcoder.cli.output import console, print_json, run, shown, table
from microcoder.config import Settings, load
from microcoder.wire import Topic

app = typer.Typer(help="Look at dead letters, send them back, drop them.", no_args_is_help=True)
Letters = Annotated[list[str], typer.Argument(help="Ids as `list` shows them.")]


class _Settings(Settings):
    bus: BusSettings = Field(default_factory=BusSettings)


@asynccontextmanager
async def _bus(state_dir: Path) -> AsyncIterator[Bus]:
    """The bus of the environment's settings, else of the running local platform."""
    running = StackState.load(state_dir)
    if running is not None and not any(name.startswith("MICROCODER_BUS__") for name in os.environ):
        os.environ.update(running.bus_environ)
    bus = await open_bus(load(_Settings).bus)
    try:
        yield bus
    finally:
        await bus.close()


@app.command("list")
def list_letters(
    topic: Annotated[Topic | None, typer.Option("--topic", help="Only letters of this topic.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were replayed or dropped.")] = False,
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """List dead letters, oldest first, with the reason."""

    async def work() -> None:
        async with _bus(state) as bus:
            found = await dlq.list_dead(bus, topic.value if topic else None)
        letters = [letter for letter in found if everything or letter.state is dlq.LetterState.DEAD]
        if as_json:
            print_json([_plain(letter) for letter in letters])
            return
        rows = [
            [
                x.id,
                x.key,
                x.group,
                x.attempts,
                x.state.value,
                shown(x.reason, 160),
                f"{x.failed_time:%Y-%m-%d %H:%M:%S}",
            ]
            for x in letters
        ]
        columns = ["id", "key", "given up by", "tries#", "state", "reason", "when (UTC)"]
        console.print(table("Dead letters", columns, rows) if rows else "No dead letters.")

    run(work(), as_json=as_json)


@app.command("show")
def show(
    letter: Annotated[str, typer.Argument(help="Id as `list` shows it.")],
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Show one dead letter with the event in it."""

    async def work() -> None:
        async with _bus(state) as bus:
            found = await dlq.show(bus, letter)
        plain = _plain(found)
        if as_json:
            print_json(plain)
            return
        for name, value in plain.items():
            console.print(f"[bold]{name}[/]: {shown(str(value))}")

    run(work(), as_json=as_json)


@app.command("replay")
def replay(letters: Letters, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Send letters back to the group that gave them up, each once."""

    async def work() -> None:
        async with _bus(state) as bus:
            _tell(await dlq.replay(bus, letters), "sent back", as_json=as_json)

    run(work(), as_json=as_json)


@app.command("drop")
def drop(letters: Letters, state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Mark letters as done with; they stay readable."""

    async def work() -> None:
        async with _bus(state) as bus:
            _tell(await dlq.drop(bus, letters), "dropped", as_json=as_json)

    run(work(), as_json=as_json)


def _tell(settled: Sequence[dlq.Settlement], done: str, *, as_json: bool) -> None:
    if as_json:
        print_json([{"id": item.id, "changed": item.changed, "state": item.letter.state.value} for item in settled])
        return
    for item in settled:
        said = done if item.changed else f"was {item.letter.state.value} before; nothing was done"
        console.print(f"{shown(item.id)}: {said}")


def _plain(letter: dlq.DeadLetter) -> dict[str, Any]:
    event = letter.event()
    return {
        "id": letter.id,
        "topic": letter.topic,
        "origin": letter.origin,
        "key": letter.key,
        "group": letter.group,
        "service": letter.service,
        "attempts": letter.attempts,
        "error_class": letter.error_class,
        "reason": letter.reason,
        "failed_time": letter.failed_time.isoformat(),
        "state": letter.state.value,
        "event": MessageToDict(event, preserving_proto_field_name=True) if event else None,
        "bytes": None if event else letter.value[:256].hex(),
    }
