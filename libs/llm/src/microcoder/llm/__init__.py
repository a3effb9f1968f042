"""Talking to a language model: a client of OpenAI-compatible endpoints, and one such endpoint for one machine.

`client` sends the requests, retried, limited and counted; `structured` reads answers that must be JSON of a given
shape; `protocol` says what an endpoint's reply must look like; `failures` turns its failures into errors of the core;
`local` serves a small open model by vLLM on the CPU.
"""

from microcoder.llm.client import ChatClient
from microcoder.llm.settings import LlmSettings, StructuredOutput
from microcoder.llm.structured import UnreadableAnswer, read_json
from microcoder.llm.values import ChatCall, ChatResult, Choice, JsonResult, Usage, UsageObserver

__all__ = [
    "ChatCall",
    "ChatClient",
    "ChatResult",
    "Choice",
    "JsonResult",
    "LlmSettings",
    "StructuredOutput",
    "UnreadableAnswer",
    "Usage",
    "UsageObserver",
    "read_json",
]
