"""Tables for people, and explanations of known disagreements."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from tests.conformance.model import Row, Standing

EXPLAINED = Path(__file__).with_name("explained.toml")


def with_explanations(rows: Iterable[Row], path: Path = EXPLAINED) -> list[Row]:
    """The rows, disagreements among them with what `path` says about them.

    The file maps a glob over `suite/problem/name` to a sentence.
    """
    explained: Mapping[str, str] = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [
        replace(row, explanation=next((why for glob, why in explained.items() if fnmatchcase(row.key, glob)), ""))
        if row.standing is Standing.DISAGREES
        else row
        for row in rows
    ]


def unexplained(rows: Iterable[Row]) -> list[Row]:
    """Disagreements that nobody has explained."""
    return [row for row in rows if row.standing is Standing.DISAGREES and not row.explanation]


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Lines of a Markdown table: expected against given, then what disagrees and what was not judged."""
    counts = Counter(row.standing for row in rows)
    yield ", ".join(f"{counts[standing]} {standing}" for standing in Standing)
    yield ""
    yield from _matrix([row for row in rows if row.given])
    for standing in (Standing.DISAGREES, Standing.NOT_JUDGED):
        lines = list(_lines(rows, standing))
        if lines:
            yield from ("", f"{standing}:", *lines)


def _matrix(rows: Sequence[Row]) -> Iterator[str]:
    given = sorted({row.given for row in rows})
    yield f"| expected | {' | '.join(given)} |"
    yield f"| --- |{' ---: |' * len(given)}"
    for expected in sorted({row.expected for row in rows}):
        cells = [sum(row.expected == expected and row.given == verdict for row in rows) for verdict in given]
        yield f"| {expected} | {' | '.join(str(cell or '') for cell in cells)} |"


def _lines(rows: Sequence[Row], standing: Standing) -> Iterator[str]:
    if standing is Standing.DISAGREES:
        for row in sorted((row for row in rows if row.standing is standing), key=lambda row: row.key):
            why = row.explanation or "NOT EXPLAINED"
            yield f"- `{row.problem}/{row.name}`: expected {row.expected}, given {row.given} ({row.note}). {why}"
        return
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.standing is standing:
            reasons.setdefault((row.problem, row.note), []).append(row.name)
    for (problem, note), names in sorted(reasons.items()):
        yield f"- `{problem}`: {', '.join(sorted(names))}: {note}"
