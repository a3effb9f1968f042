"""The real thing: the small model from PyPI behind vLLM on the CPU."""

import asyncio
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from microcoder.core.errors import InvalidArgument
from microcoder.core.solving import ChatMessage
from microcoder.llm import ChatClient, LlmSettings
from microcoder.llm.local.vllm import start_vllm
from microcoder.llm.local.weights import is_prepared, prepare

pytestmark = [
    pytest.mark.llm,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not in this environment: make test-trainer"),
]


class Score(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=60)
    level: Literal[1, 2, 3, 4, 5]


@pytest.fixture(scope="module")
def model_dir() -> Path:
    """Where `microcoder up` keeps the model, too: converting it takes most of a minute."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "microcoder" / "models" / "smollm2"
    prepare(folder)
    assert is_prepared(folder)
    assert prepare(folder) is False
    return folder


async def test_sixteen_structured_answers_at_once(model_dir: Path, tmp_path: Path, unused_tcp_port: int) -> None:
    server = start_vllm(sys.executable, model_dir, unused_tcp_port, tmp_path / "vllm.log")
    client = ChatClient(LlmSettings(base_url=server.base_url, timeout_s=300))
    try:
        await server.wait_ready(timeout_s=400)
        assert await client.resolve_model() == "smollm2"
        asked = [_ask(f"How hard is it to sort {number} numbers?") for number in range(16)]
        results = await asyncio.gather(*(client.chat_json(ask, Score, n=1, max_tokens=120) for ask in asked))
        assert [result.failures for result in results] == [()] * 16
        assert client.usage.completion_tokens > 16 * 10
        text = (await client.chat(_ask("What is the capital of France?"), temperature=0, max_tokens=20)).choices[0].text
        assert "Paris" in text
        # More than one step can read, with a random generator each.
        long = [_ask("word " * 1_400 + str(number)) for number in range(4)]
        await asyncio.gather(*(client.chat(ask, max_tokens=2, seed=number) for number, ask in enumerate(long)))
        with pytest.raises(InvalidArgument, match="3072"):
            await client.chat(_ask("word " * 5_000), max_tokens=20)
    finally:
        await client.close()
        await server.stop()


def _ask(text: str) -> list[ChatMessage]:
    return [{"role": "user", "content": text}]
