"""A scripted OpenAI-compatible endpoint over real HTTP, for tests where the text of the answer matters.

    def script(request: ChatRequest) -> Answer:
        return ["first sample", "second sample"] if request.n == 2 else "the answer"

    with ScriptedOpenAI(script) as server:
        settings = LlmSettings(base_url=server.base_url)

It runs in threads, so that tests with and without an event loop and child processes can all use it.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, TypeAlias

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What a client asked for."""

    model: str
    messages: Sequence[dict[str, str]]
    n: int
    body: dict[str, Any]
    """The whole request, for what has no name here."""
    headers: dict[str, str]
    """By lower-case name."""

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return self.messages[-1]["content"]

    @property
    def json_schema(self) -> dict[str, Any] | None:
        """The schema that the answer must fit, None where anything goes."""
        schema = self.body.get("response_format", {}).get("json_schema", {}).get("schema")
        return schema if isinstance(schema, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Answers with a reason why they ended."""

    texts: Sequence[str]
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """Any reply: a failure, or a success with a body that makes no sense."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Says nothing for `seconds`, or until the server stops, and then drops the connection."""

    seconds: float = 3600.0


Answer: TypeAlias = str | Sequence[str] | Texts | HttpReply | Hang
Script: TypeAlias = Callable[[ChatRequest], Answer]


def example_of(schema: dict[str, Any]) -> Any:
    """A small value that fits a JSON Schema made of objects, arrays, enums and plain types."""
    if "enum" in schema:
        return schema["enum"][len(schema["enum"]) // 2]
    match schema.get("type"):
        case "object":
            return {name: example_of(part) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [example_of(schema["items"])]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
        case _:
            return "because"


def obedient(request: ChatRequest) -> Answer:
    """The script where none is given: an answer that fits the schema, else a program that echoes its input."""
    if request.json_schema is not None:
        return json.dumps(example_of(request.json_schema))
    return "```python\nimport sys\nprint(sys.stdin.read())\n```"


class ScriptedOpenAI:
    """The endpoint. `script` may be replaced at any time and is called from several threads.

    Args:
        script: Gives the answer to each request; one text is repeated for all `n` choices.
        models: Names that it lists.
        port: 0 takes a free one.
        host: Address to listen on.
    """

    def __init__(
        self,
        script: Script = obedient,
        *,
        models: Sequence[str] = ("scripted",),
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.script = script
        self.models = tuple(models)
        self.requests: list[ChatRequest] = []
        self.stopping = threading.Event()
        self._host = host
        self._http = _Server((host, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        """For `LlmSettings.base_url`."""
        return f"http://{self._host}:{self._http.server_port}/v1"

    def __enter__(self) -> "ScriptedOpenAI":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: ScriptedOpenAI) -> None:
        super().__init__(address, _Handler)
        self.owner = owner


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            return self._send(HttpReply(status=404, body=b"no such route"))
        listed = [{"id": name, "object": "model"} for name in self.server.owner.models]
        return self._send_json({"object": "list", "data": listed})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            return self._send(HttpReply(status=404, body=b"no such route"))
        request = ChatRequest(
            model=body["model"],
            messages=body["messages"],
            n=body.get("n", 1),
            body=body,
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        self.server.owner.requests.append(request)
        return self._answer(request, self.server.owner.script(request))

    def _answer(self, request: ChatRequest, answer: Answer) -> None:
        match answer:
            case HttpReply():
                self._send(answer)
            case Hang():
                self.server.owner.stopping.wait(answer.seconds)
                self.close_connection = True
            case Texts():
                self._send_json(_completion(request, answer))
            case str():
                self._send_json(_completion(request, Texts(texts=[answer] * request.n)))
            case _:
                self._send_json(_completion(request, Texts(texts=answer)))

    def _send_json(self, value: Any) -> None:
        self._send(HttpReply(body=json.dumps(value).encode(), headers={"content-type": "application/json"}))

    def _send(self, reply: HttpReply) -> None:
        try:
            self.send_response(reply.status)
            for name, value in {**(reply.headers or {}), "content-length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
        except ConnectionError:  # the client gave up, which is what some tests are about
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keeps quiet; tests look at `requests`."""


def _completion(request: ChatRequest, answer: Texts) -> dict[str, Any]:
    prompt_tokens = sum(len(message["content"].split()) for message in request.messages)
    completion_tokens = sum(len(text.split()) for text in answer.texts)
    return {
        "id": f"chatcmpl-{time.monotonic_ns()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.model,
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": text},
                "finish_reason": answer.finish_reason,
            }
            for index, text in enumerate(answer.texts)
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


@pytest.fixture
def scripted_openai() -> Iterator[ScriptedOpenAI]:
    """A running scripted endpoint; set its `script` where `obedient` will not do."""
    with ScriptedOpenAI() as server:
        yield server
