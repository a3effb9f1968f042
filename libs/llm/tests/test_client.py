import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from microcoder.core.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    MicrocoderError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from microcoder.core.solving import ChatMessage
from microcoder.llm import ChatCall, ChatClient, LlmSettings, StructuredOutput
from microcoder.testing.openai import Answer, ChatRequest, Hang, HttpReply, ScriptedOpenAI, Texts

ASK: list[ChatMessage] = [{"role": "user", "content": "how hard?"}]


class Verdict(BaseModel):
    level: int


@pytest.fixture
def server(scripted_openai: ScriptedOpenAI) -> ScriptedOpenAI:
    return scripted_openai


@asynccontextmanager
async def client_of(server: ScriptedOpenAI, **settings: Any) -> AsyncIterator[ChatClient]:
    quick: dict[str, Any] = {"base_url": server.base_url, "backoff_s": 0.01, "timeout_s": 5.0}
    client = ChatClient(LlmSettings(**(quick | settings)))
    try:
        yield client
    finally:
        await client.close()


def in_turn(*answers: Answer) -> Callable[[ChatRequest], Answer]:
    left = iter(answers)
    return lambda request: next(left)


async def test_sends_what_was_asked_and_reads_every_choice(server: ScriptedOpenAI) -> None:
    server.script = lambda request: Texts(texts=["easy", "hard"], finish_reason="length")
    async with client_of(server, api_key=SecretStr("k-1")) as client:
        result = await client.chat(ASK, n=2, temperature=0.3, max_tokens=17, seed=5)
    assert [(choice.text, choice.truncated) for choice in result.choices] == [("easy", True), ("hard", True)]
    assert result.model == "scripted"
    (request,) = server.requests
    assert request.headers["authorization"] == "Bearer k-1"
    sent = {name: request.body[name] for name in ("model", "n", "temperature", "max_tokens", "seed")}
    assert sent == {"model": "scripted", "n": 2, "temperature": 0.3, "max_tokens": 17, "seed": 5}


async def test_counts_tokens_and_tells_the_observer(server: ScriptedOpenAI) -> None:
    calls: list[ChatCall] = []
    server.script = in_turn(HttpReply(status=500), "one two three", HttpReply(status=400))
    client = ChatClient(LlmSettings(base_url=server.base_url, backoff_s=0.01), observer=calls.append)
    await client.chat(ASK, max_tokens=5)
    with pytest.raises(InvalidArgument):
        await client.chat(ASK, max_tokens=5)
    await client.close()
    assert [(call.outcome, call.attempts) for call in calls] == [("ok", 2), ("INVALID_ARGUMENT", 1)]
    assert (client.usage.requests, client.usage.prompt_tokens, client.usage.completion_tokens) == (1, 2, 3)


@pytest.mark.parametrize(
    "trouble",
    [
        HttpReply(status=500, body=b"boom"),
        HttpReply(status=503),
        HttpReply(status=429, headers={"retry-after": "0"}),
        HttpReply(status=429, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        HttpReply(body=b"<html>starting up</html>"),
        HttpReply(body=b'{"choices": []}'),
        Hang(seconds=0.0),
    ],
)
async def test_tries_again_after_trouble_that_may_pass(server: ScriptedOpenAI, trouble: Answer) -> None:
    server.script = in_turn(trouble, trouble, "fine")
    async with client_of(server) as client:
        result = await client.chat(ASK, max_tokens=5)
    assert result.choices[0].text == "fine"


@pytest.mark.parametrize(
    ("trouble", "error", "attempts"),
    [
        (HttpReply(status=401), PermissionDenied, 1),
        (HttpReply(status=403), PermissionDenied, 1),
        (HttpReply(status=404, body=b"no such model"), NotFound, 1),
        (HttpReply(status=400, body=b"prompt is too long"), InvalidArgument, 1),
        (HttpReply(status=302, headers={"location": "/login"}), InvalidArgument, 1),
        (HttpReply(status=429), ResourceExhausted, 3),
        (HttpReply(status=502), Unavailable, 3),
        (HttpReply(body=b"\xff\xfe\x00"), Unavailable, 3),
        (HttpReply(body=b'{"choices": [{"message": {"content": 7}}]}'), Unavailable, 3),
        (Hang(), DeadlineExceeded, 3),
    ],
)
async def test_gives_up_with_the_error_that_says_why(
    server: ScriptedOpenAI, trouble: Answer, error: type[MicrocoderError], attempts: int
) -> None:
    server.script = lambda request: trouble
    async with client_of(server, timeout_s=0.3, max_retries=2) as client:
        with pytest.raises(error):
            await client.chat(ASK, max_tokens=5)
    assert len(server.requests) == attempts


async def test_waits_as_long_as_the_endpoint_asks(server: ScriptedOpenAI) -> None:
    server.script = in_turn(HttpReply(status=429, headers={"retry-after": "0.4"}), "fine")
    async with client_of(server) as client:
        started = asyncio.get_running_loop().time()
        await client.chat(ASK, max_tokens=5)
        assert asyncio.get_running_loop().time() - started >= 0.4


async def test_an_endpoint_that_is_not_there(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    client = ChatClient(LlmSettings(base_url=url, model="m", max_retries=0))
    with pytest.raises(Unavailable, match="cannot be reached"):
        await client.chat(ASK, max_tokens=5)
    with pytest.raises(DeadlineExceeded, match=r"No LLM after 0\.1 s"):
        await client.wait_ready(timeout_s=0.1)
    await client.close()


async def test_settings_without_an_endpoint_say_what_to_set() -> None:
    client = ChatClient(LlmSettings())
    with pytest.raises(FailedPrecondition, match="MICROCODER_LLM__BASE_URL"):
        await client.chat(ASK, max_tokens=5)
    await client.close()


@pytest.mark.parametrize(("models", "chosen"), [(("only",), "only"), ((), ""), (("a", "b"), "")])
async def test_takes_the_only_model_or_asks_for_a_name(models: tuple[str, ...], chosen: str) -> None:
    with ScriptedOpenAI(models=models) as server:
        async with client_of(server) as client:
            if chosen:
                assert await client.resolve_model() == chosen
            else:
                with pytest.raises(FailedPrecondition, match="MICROCODER_LLM__MODEL"):
                    await client.resolve_model()


async def test_no_more_requests_in_flight_than_allowed(server: ScriptedOpenAI) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def script(request: ChatRequest) -> Answer:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        server.stopping.wait(0.02)
        with lock:
            now -= 1
        return "fine"

    server.script = script
    async with client_of(server, max_concurrency=3, model="m") as client:
        await asyncio.gather(*(client.chat(ASK, max_tokens=5) for _ in range(12)))
    assert most == 3


async def test_json_answers_are_read_or_counted_with_their_reason(server: ScriptedOpenAI) -> None:
    server.script = lambda request: ['{"level": 3}', "no idea", '```json\n{"level": 4}\n```', '{"level": "x"}']
    async with client_of(server) as client:
        result = await client.chat_json(ASK, Verdict, n=4, max_tokens=9)
    assert [answer.level for answer in result.answers] == [3, 4]
    assert len(result.failures) == 2
    assert "no JSON object" in result.failures[0]
    assert server.requests[0].json_schema == Verdict.model_json_schema()


@pytest.mark.parametrize(
    ("mode", "sent"), [(StructuredOutput.JSON_OBJECT, {"type": "json_object"}), (StructuredOutput.PROMPT, None)]
)
async def test_endpoints_that_cannot_enforce_a_schema_are_not_asked_to(
    server: ScriptedOpenAI, mode: StructuredOutput, sent: dict[str, str] | None
) -> None:
    server.script = lambda request: '{"level": 1}'
    async with client_of(server, structured_output=mode) as client:
        assert (await client.chat_json(ASK, Verdict, max_tokens=9)).answers[0].level == 1
    assert server.requests[0].body.get("response_format") == sent


async def test_untrusted_text_in_errors_is_short_and_printable(server: ScriptedOpenAI) -> None:
    server.script = lambda request: HttpReply(status=400, body=b"\x1b[31m" + b"x" * 100_000)
    async with client_of(server) as client:
        with pytest.raises(InvalidArgument) as caught:
            await client.chat(ASK, max_tokens=5)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 400
