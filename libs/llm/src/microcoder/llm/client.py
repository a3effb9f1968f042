"""Requests to an OpenAI-compatible endpoint: retried, limited, counted.

Plain httpx, not the `openai` package: two routes are used, replies must be checked as strictly as any untrusted input
(the package builds its objects unchecked), and its import costs every service 1.5 s.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx
import tenacity
from pydantic import BaseModel

from microcoder.core.errors import DeadlineExceeded, FailedPrecondition, MicrocoderError, ResourceExhausted
from microcoder.core.solving import ChatMessage
from microcoder.llm.failures import error_of_status, error_of_transport
from microcoder.llm.protocol import read_completion, read_models, response_format
from microcoder.llm.settings import LlmSettings, StructuredOutput
from microcoder.llm.structured import UnreadableAnswer, read_json
from microcoder.llm.values import ChatCall, ChatResult, JsonResult, Usage, UsageObserver

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

_POLL_S = 0.5


class ChatClient:
    """One endpoint. May be shared by all tasks of a process.

    Args:
        settings: Where it is and how it may be used.
        observer: Told after every call what it cost.
    """

    def __init__(self, settings: LlmSettings, *, observer: UsageObserver | None = None) -> None:
        self._settings = settings
        self._observer = observer
        self._slots = asyncio.Semaphore(settings.max_concurrency)
        self._model = settings.model
        self._usage = Usage()
        key = settings.api_key.get_secret_value()
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=settings.timeout_s,
            limits=httpx.Limits(max_connections=settings.max_concurrency + 1),
        )

    @property
    def usage(self) -> Usage:
        """Everything that this client has used since it was made."""
        return self._usage

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        model: str = "",
        n: int = 1,
        temperature: float = 1.0,
        max_tokens: int,
        seed: int | None = None,
        json_schema: dict[str, Any] | None = None,
    ) -> ChatResult:
        """Asks for `n` answers to the same messages.

        Args:
            messages: The conversation so far.
            model: Model at the endpoint; empty for the configured one.
            n: Answers to sample, in one request, so that the endpoint reads the prompt once.
            temperature: Of sampling, 0 is greedy.
            max_tokens: Longest answer, tokens.
            seed: Makes sampling repeatable where the endpoint can do that.
            json_schema: Shape that the endpoint enforces while sampling, as far as its setting says that it can.

        Raises:
            Unavailable: It cannot be reached, fails or answers nonsense, and did so in every attempt.
            ResourceExhausted: It has too much to do, in every attempt.
            DeadlineExceeded: It did not answer in time, in every attempt.
            InvalidArgument: It refuses the request, for example a prompt that is too long.
            PermissionDenied: It refuses the API key.
            NotFound: It does not have the model.
            FailedPrecondition: No endpoint, or no single model, is configured.
        """
        chosen = model or await self.resolve_model()
        body: dict[str, Any] = {
            "model": chosen,
            "messages": list(messages),
            "n": n,
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        if seed is not None:
            body["seed"] = seed
        if json_schema is not None:
            body |= self._enforced(json_schema)
        return await self._counted(chosen, body)

    async def chat_json(
        self,
        messages: Sequence[ChatMessage],
        shape: type[M],
        *,
        model: str = "",
        n: int = 1,
        temperature: float = 1.0,
        max_tokens: int,
        seed: int | None = None,
    ) -> JsonResult[M]:
        """Asks for `n` answers of one shape. Answers that are not are counted with their reason, never guessed at.

        Raises:
            MicrocoderError: As `chat`.
        """
        result = await self.chat(
            messages,
            model=model,
            n=n,
            temperature=temperature,
            max_tokens=max_tokens,
            seed=seed,
            json_schema=shape.model_json_schema(),
        )
        answers: list[M] = []
        failures: list[str] = []
        for choice in result.choices:
            try:
                answers.append(read_json(choice, shape))
            except UnreadableAnswer as error:
                failures.append(str(error))
        return JsonResult(model=result.model, answers=tuple(answers), failures=tuple(failures), usage=result.usage)

    async def models(self) -> list[str]:
        """The names of the models that the endpoint serves.

        Raises:
            MicrocoderError: As `chat`.
        """

        async def attempt() -> list[str]:
            return await self._request("GET", "models", None, read_models)

        return await self._retrying(attempt)

    async def resolve_model(self) -> str:
        """The configured model's name, else that of the only one that the endpoint serves.

        Raises:
            FailedPrecondition: It serves none or several and the settings name none.
            MicrocoderError: As `chat`.
        """
        if not self._model:
            served = await self.models()
            if len(served) != 1:
                raise FailedPrecondition(
                    f"The LLM endpoint serves {len(served)} models ({', '.join(served[:5])}). "
                    "Name one by MICROCODER_LLM__MODEL."
                )
            self._model = served[0]
        return self._model

    async def wait_ready(self, *, timeout_s: float) -> None:
        """Returns as soon as the endpoint lists its models.

        Raises:
            DeadlineExceeded: It did not within `timeout_s` seconds; the message says what was wrong last.
            PermissionDenied, InvalidArgument, NotFound, FailedPrecondition: Waiting would not help.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                await self._request("GET", "models", None, read_models)
            except MicrocoderError as error:
                if not error.retryable:
                    raise
                if time.monotonic() + _POLL_S > deadline:
                    raise DeadlineExceeded(
                        f"No LLM after {timeout_s:g} s. {error.message}", reason="LLM_TIMEOUT"
                    ) from error
                await asyncio.sleep(_POLL_S)
            else:
                return

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def _enforced(self, schema: dict[str, Any]) -> dict[str, Any]:
        match self._settings.structured_output:
            case StructuredOutput.JSON_SCHEMA:
                return {"response_format": response_format(schema)}
            case StructuredOutput.JSON_OBJECT:
                return {"response_format": {"type": "json_object"}}
            case StructuredOutput.PROMPT:
                return {}

    async def _counted(self, model: str, body: dict[str, Any]) -> ChatResult:
        started, attempts, outcome, usage = time.monotonic(), 0, "CANCELLED", Usage()

        async def attempt() -> ChatResult:
            nonlocal attempts
            attempts += 1
            return await self._request(
                "POST", "chat/completions", body, lambda response: read_completion(response, model=model)
            )

        try:
            result = await self._retrying(attempt)
            outcome, usage = "ok", result.usage
        except MicrocoderError as error:
            outcome = error.reason
            raise
        finally:
            self._usage += usage
            if self._observer is not None:
                seconds = time.monotonic() - started
                self._observer(ChatCall(model=model, outcome=outcome, attempts=attempts, seconds=seconds, usage=usage))
        return result

    async def _retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        settings = self._settings
        exponential = tenacity.wait_exponential_jitter(
            multiplier=settings.backoff_s, max=settings.max_backoff_s, jitter=settings.backoff_s
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after_s if isinstance(error, ResourceExhausted) else 0.0
            return min(max(exponential(state), asked), settings.max_backoff_s)

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, MicrocoderError) and error.retryable),
            stop=tenacity.stop_after_attempt(settings.max_retries + 1),
            wait=wait,
            reraise=True,
        )
        return await retrying(attempt)

    async def _request(
        self, method: str, route: str, body: dict[str, Any] | None, read: Callable[[httpx.Response], T]
    ) -> T:
        base_url = self._settings.base_url
        if not base_url:
            raise FailedPrecondition("No LLM endpoint is configured. Set MICROCODER_LLM__BASE_URL.")
        async with self._slots:
            try:
                # httpx limits each read, which does not hold against an endpoint that drips; this limits the exchange.
                async with asyncio.timeout(self._settings.timeout_s):
                    response = await self._http.request(method, f"{base_url.rstrip('/')}/{route}", json=body)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                raise error_of_transport(error, base_url=base_url, timeout_s=self._settings.timeout_s) from error
        if not response.is_success:
            raise error_of_status(response, model=str((body or {}).get("model", "")))
        return read(response)
