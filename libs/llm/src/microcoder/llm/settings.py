"""Where the model is and how it may be used."""

from enum import StrEnum

from pydantic import Field, SecretStr

from microcoder.config import Group


class StructuredOutput(StrEnum):
    """How the endpoint is told that the answer must be JSON."""

    JSON_SCHEMA = "json_schema"
    """The schema is enforced while sampling (OpenAI, vLLM, SGLang, llama.cpp)."""
    JSON_OBJECT = "json_object"
    """Any JSON object is enforced; the prompt has to describe the shape."""
    PROMPT = "prompt"
    """Nothing is enforced; the prompt alone asks for it."""


class LlmSettings(Group):
    """One OpenAI-compatible endpoint, in the environment `MICROCODER_LLM__…`."""

    base_url: str = ""
    """Up to and with `/v1`, for example `http://127.0.0.1:8000/v1`."""
    model: str = ""
    """Model name; empty takes the only one that the endpoint serves."""
    api_key: SecretStr = SecretStr("")
    """Sent as a bearer token; empty sends none."""
    timeout_s: float = Field(default=120.0, gt=0)
    """For one attempt of one request, seconds."""
    max_concurrency: int = Field(default=16, ge=1)
    """Requests in flight at a time."""
    max_retries: int = Field(default=3, ge=0)
    """Further attempts after trouble that may pass."""
    backoff_s: float = Field(default=0.5, gt=0)
    """Before the first further attempt; doubles each time."""
    max_backoff_s: float = Field(default=20.0, gt=0)
    """Longest wait between two attempts, seconds."""
    structured_output: StructuredOutput = StructuredOutput.JSON_SCHEMA
    """What the endpoint can enforce."""
