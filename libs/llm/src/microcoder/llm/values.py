"""What comes back from a model, and what it cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, as the endpoint counts them; zero where it does not say."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer. Its text is untrusted."""

    text: str
    finish_reason: str
    """`stop` where the model ended by itself, `length` where it was cut off; other endpoints' words as they are."""

    @property
    def truncated(self) -> bool:
        """Whether it hit the token limit."""
        return self.finish_reason == "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResult:
    """The answers to one request."""

    model: str
    choices: tuple[Choice, ...]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonResult(Generic[M]):
    """The answers to one request that had to be of one shape."""

    model: str
    answers: tuple[M, ...]
    """Those that are."""
    failures: tuple[str, ...]
    """Why each of the others is not, in plain words."""
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """One finished call with all its attempts, for accounting."""

    model: str
    outcome: str
    """`ok`, or the reason of the error that the caller got."""
    attempts: int
    seconds: float
    usage: Usage


UsageObserver = Callable[[ChatCall], None]
"""Told after every call. Must not raise."""
