"""Sampling from an OpenAI-compatible endpoint."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from pydantic import SecretStr

from microcoder.core.errors import InvalidArgument, MicrocoderError
from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.domain.answers import Completion
from microcoder.evaluator.sampling import SampleOutcome, SampleRequest, printable
from microcoder.llm import ChatClient, LlmSettings


class EndpointSampler:
    """The model at the endpoint that the spec names, or at the configured one.

    The configured API key is sent to the configured endpoint only: whoever starts a run could else have it sent to
    an address of their own.
    """

    def __init__(self, spec: EvaluationSpec, settings: LlmSettings) -> None:
        self._spec = spec
        if spec.endpoint and spec.endpoint.rstrip("/") != settings.base_url.rstrip("/"):
            settings = settings.model_copy(update={"base_url": spec.endpoint, "api_key": SecretStr(""), "model": ""})
        self._concurrency = settings.max_concurrency
        self._client = ChatClient(settings)

    async def model(self) -> str:
        return self._spec.model or await self._client.resolve_model()

    async def sample(self, requests: Sequence[SampleRequest]) -> AsyncGenerator[SampleOutcome]:
        waiting = list(reversed(requests))
        running: set[asyncio.Task[SampleOutcome]] = set()
        try:
            while waiting or running:
                while waiting and len(running) < self._concurrency:
                    running.add(asyncio.create_task(self._ask(waiting.pop())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        await self._client.close()

    async def _ask(self, request: SampleRequest) -> SampleOutcome:
        try:
            result = await self._client.chat(
                request.messages,
                model=self._spec.model,
                n=request.samples,
                temperature=self._spec.temperature,
                max_tokens=self._spec.max_tokens,
                seed=request.seed,
            )
        except MicrocoderError as error:
            # Trouble that may pass, or a prompt that this model cannot take, is this item's; all else is the run's.
            if error.retryable or isinstance(error, InvalidArgument):
                return SampleOutcome(item_id=request.item_id, failure=error.message)
            raise
        completions = tuple(Completion(text=printable(c.text), truncated=c.truncated) for c in result.choices)
        return SampleOutcome(item_id=request.item_id, completions=completions[: request.samples])
