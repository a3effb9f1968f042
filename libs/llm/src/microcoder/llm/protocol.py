"""The part of the OpenAI HTTP API that is used here. Replies are untrusted: what does not fit is an error."""

from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from microcoder.llm.failures import excerpt, nonsense
from microcoder.llm.values import ChatResult, Choice, Usage

R = TypeVar("R", bound=BaseModel)


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


def read_completion(response: httpx.Response, *, model: str) -> ChatResult:
    """The answers in a reply of `/chat/completions`.

    Raises:
        Unavailable: The body is no completion.
    """
    body = _read(response, _Completion)
    usage = body.usage or _Usage()
    return ChatResult(
        model=model,
        choices=tuple(
            Choice(text=choice.message.content or "", finish_reason=choice.finish_reason or "")
            for choice in body.choices
        ),
        usage=Usage(requests=1, prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens),
    )


def read_models(response: httpx.Response) -> list[str]:
    """The model names in a reply of `/models`.

    Raises:
        Unavailable: The body is no list of models.
    """
    return [model.id for model in _read(response, _Models).data]


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The request's `response_format` that enforces a JSON Schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def _read(response: httpx.Response, shape: type[R]) -> R:
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        detail = f"{where}: {first['msg']}" if where else first["msg"]
        raise nonsense(response.request.url, excerpt(f"{detail}; it begins {response.text[:80]!r}")) from error
