"""The port behind which models are sampled."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from microcoder.core.ids import digest_of
from microcoder.core.solving import ChatMessage
from microcoder.evaluator.domain.answers import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A prompt and how many answers are wanted."""

    item_id: str
    messages: Sequence[ChatMessage]
    samples: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutcome:
    """The answers to one prompt, or why there are none."""

    item_id: str
    completions: tuple[Completion, ...] = ()
    failure: str = ""


class Sampler(Protocol):
    """A model."""

    async def model(self) -> str:
        """Its name.

        Raises:
            MicrocoderError: It cannot be told.
        """

    def sample(self, requests: Sequence[SampleRequest]) -> AsyncGenerator[SampleOutcome]:
        """One outcome per request, in any order, each as soon as it is there. Closing it stops the work.

        Raises:
            MicrocoderError: Nothing can be sampled at all; trying the next request does not help.
        """

    async def close(self) -> None:
        """Ends everything that belongs to it."""


def seed_of(run_seed: int, item_id: str, known: int) -> int:
    """Seed of an item's samples, 31 bits: it depends on neither the filters nor the order of the items.

    Args:
        run_seed: Of the run.
        item_id: The item.
        known: Answers that the item has already, so that a second round does not repeat them.
    """
    return int(digest_of(f"{run_seed}\n{item_id}\n{known}".encode())[:8], 16) & 0x7FFF_FFFF


def printable(text: str) -> str:
    """A model's text as it can be stored: lone surrogates, which UTF-8 does not have, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
