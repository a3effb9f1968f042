"""What a suite is made of and what came out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from microcoder.judge.app import Sandbox


class Standing(StrEnum):
    """How a given verdict stands to the expected one."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One program, or one output, of a suite."""

    suite: str
    """Name of the suite."""
    problem: str
    """Package or group of cases."""
    name: str
    """Submission or case."""
    language: str = ""
    """Of the submission."""
    expected: str
    """As the suite says it, in our words."""
    given: str = ""
    """The judge's verdict; empty where it was not judged."""
    standing: Standing
    """Whether they agree."""
    note: str = ""
    """Why it was not judged, or what the judge said about the first failing test."""
    explanation: str = ""
    """Of a known disagreement, from `explained.toml`."""

    @property
    def key(self) -> str:
        """Names the row among all."""
        return f"{self.suite}/{self.problem}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Somebody else's collection of programs with known verdicts."""

    name: str
    """On the command line."""
    title: str
    """For people."""
    path: Path
    """Where it lies."""
    rows: Callable[[Sandbox], AsyncIterator[Row]]
    """Judges all of it."""
