"""The dead letters: looking at them, sending them back, dropping them.

A dead-letter topic is a log like any other: nothing in it changes. That a letter was replayed or dropped is a further
entry that names it. Two people who replay the same letter in the same second may both succeed; handlers tolerate a
repeated event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from microcoder.bus import headers
from microcoder.bus.errors import Poison
from microcoder.bus.events import decode_event
from microcoder.bus.port import Bus, Message, Record
from microcoder.bus.worker.delivery import DLQ_SUFFIX, number
from microcoder.core.errors import InvalidArgument, NotFound
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import Topic


class LetterState(StrEnum):
    """What became of a dead letter."""

    DEAD = "dead"
    REPLAYED = "replayed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that its group could not handle."""

    id: str
    """Names it: `<topic>:<partition>:<offset>`, the numbers being its place among the dead letters of `topic`."""
    topic: str
    """The topic that it was first read from, and goes back to."""
    origin: str
    """Where there: `<partition>:<offset>`."""
    key: str
    value: bytes
    """As it was sent, untouched."""
    headers: Mapping[str, str]
    """The sender's own."""
    group: str
    """The group that gave it up; only this one gets it again."""
    service: str
    """Name and version of the service that gave it up."""
    attempts: int
    """Deliveries that it had."""
    error_class: str
    reason: str
    failed_time: datetime
    state: LetterState = LetterState.DEAD
    settled_time: datetime | None = None
    """When it was replayed or dropped."""

    def event(self) -> pb.Event | None:
        """The event in it, or None where its bytes are none that this version knows."""
        try:
            return decode_event(self.value)
        except Poison:
            return None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What `replay` or `drop` did about one letter."""

    id: str
    changed: bool
    """False where it had been replayed or dropped before; then nothing was done."""
    letter: DeadLetter
    """As it is now."""


async def list_dead(bus: Bus, topic: str | None = None) -> list[DeadLetter]:
    """The dead letters of `topic`, or of all topics, oldest first; those replayed or dropped are marked so.

    Raises:
        NotFound: The topic has no dead letters' topic.
    """
    letters: dict[str, DeadLetter] = {}
    for name in [topic] if topic is not None else [t.value for t in Topic]:
        letters |= await _letters_of(bus, name)
    return sorted(letters.values(), key=lambda letter: letter.failed_time)


async def show(bus: Bus, letter_id: str) -> DeadLetter:
    """One dead letter.

    Raises:
        NotFound: There is none with this id.
        InvalidArgument: It is no id.
    """
    return (await _find(bus, [letter_id]))[0]


async def replay(bus: Bus, letter_ids: Sequence[str]) -> list[Settlement]:
    """Sends each letter's bytes back to its topic, once, for the group that gave it up.

    Raises:
        NotFound, InvalidArgument: See `show`; then nothing was sent.
    """
    return await _settle(bus, letter_ids, LetterState.REPLAYED)


async def drop(bus: Bus, letter_ids: Sequence[str]) -> list[Settlement]:
    """Marks each letter as done with. It stays readable.

    Raises:
        NotFound, InvalidArgument: See `show`; then nothing was changed.
    """
    return await _settle(bus, letter_ids, LetterState.DROPPED)


async def _settle(bus: Bus, letter_ids: Sequence[str], state: LetterState) -> list[Settlement]:
    results = []
    for letter in await _find(bus, letter_ids):
        if letter.state is not LetterState.DEAD:
            results.append(Settlement(letter.id, False, letter))
            continue
        records = [_marker(letter, state)]
        if state is LetterState.REPLAYED:
            records.insert(0, _again(letter))
        await bus.produce(records)
        settled = replace(letter, state=state, settled_time=datetime.now(UTC))
        results.append(Settlement(letter.id, True, settled))
    return results


async def _find(bus: Bus, letter_ids: Sequence[str]) -> list[DeadLetter]:
    wanted = list(dict.fromkeys(letter_ids))
    letters: dict[str, DeadLetter] = {}
    for topic in dict.fromkeys(_topic_of(letter_id) for letter_id in wanted):
        letters |= await _letters_of(bus, topic)
    missing = [letter_id for letter_id in wanted if letter_id not in letters]
    if missing:
        raise NotFound(f"no dead letter {', '.join(missing)}; `microcoder dlq list` shows those there are")
    return [letters[letter_id] for letter_id in wanted]


def _topic_of(letter_id: str) -> str:
    parts = letter_id.rsplit(":", 2)
    if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
        raise InvalidArgument(f"{letter_id!r} is not the id of a dead letter, which is <topic>:<partition>:<offset>")
    return parts[0]


async def _letters_of(bus: Bus, topic: str) -> dict[str, DeadLetter]:
    entries = [message async for message in bus.read(topic + DLQ_SUFFIX)]
    letters = {letter.id: letter for letter in _written(entries, topic)}
    for entry in entries:
        settled = letters.get(entry.headers.get(headers.SETTLED, ""))
        if settled is not None and settled.state is LetterState.DEAD:
            state = LetterState(entry.headers[headers.SETTLED_AS])
            letters[settled.id] = replace(settled, state=state, settled_time=entry.timestamp)
    return letters


def _written(entries: Iterable[Message], topic: str) -> Iterable[DeadLetter]:
    for entry in entries:
        if headers.SETTLED in entry.headers:
            continue
        said = entry.headers
        failed_ms = number(entry, headers.FAILED_TIME)
        yield DeadLetter(
            id=f"{topic}:{entry.partition}:{entry.offset}",
            topic=topic,
            origin=f"{said.get(headers.ORIGIN_PARTITION, '?')}:{said.get(headers.ORIGIN_OFFSET, '?')}",
            key=entry.key,
            value=entry.value,
            headers={name: value for name, value in said.items() if name not in headers.OWN},
            group=said.get(headers.FOR_GROUP, ""),
            service=said.get(headers.SERVICE, ""),
            attempts=number(entry, headers.ATTEMPT),
            error_class=said.get(headers.ERROR_CLASS, ""),
            reason=said.get(headers.ERROR_REASON, ""),
            failed_time=datetime.fromtimestamp(failed_ms / 1000, UTC) if failed_ms else entry.timestamp,
        )


def _again(letter: DeadLetter) -> Record:
    own = {headers.REPLAY_OF: letter.id} | ({headers.FOR_GROUP: letter.group} if letter.group else {})
    return Record(topic=letter.topic, key=letter.key, value=letter.value, headers={**letter.headers, **own})


def _marker(letter: DeadLetter, state: LetterState) -> Record:
    about = {headers.SETTLED: letter.id, headers.SETTLED_AS: state.value}
    return Record(topic=letter.topic + DLQ_SUFFIX, key=letter.key, value=b"", headers=about)
