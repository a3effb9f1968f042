"""An endpoint's failures as errors of the core, in words that say what to do."""

import httpx

from microcoder.core.errors import (
    DeadlineExceeded,
    InvalidArgument,
    MicrocoderError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)

_EXCERPT = 200


def excerpt(text: str, limit: int = _EXCERPT) -> str:
    """Untrusted text in one printable line of at most `limit` characters."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def error_of_status(response: httpx.Response, *, model: str) -> MicrocoderError:
    """The error for a reply that is not a success."""
    status, url = response.status_code, response.request.url
    said = excerpt(response.text)
    match status:
        case 401 | 403:
            return PermissionDenied(
                f"The LLM endpoint {url} refuses the API key ({status}). Set MICROCODER_LLM__API_KEY."
            )
        case 404:
            return NotFound(f"The LLM endpoint has no {url} or no model {model!r} (404: {said}). Check URL and model.")
        case 429:
            return ResourceExhausted(
                f"The LLM endpoint {url} has too much to do (429: {said}).", retry_after_s=_retry_after_s(response)
            )
        case 408:
            return DeadlineExceeded(f"The LLM endpoint {url} gave up waiting ({status}: {said}).")
        case _ if status >= 500:
            return Unavailable(f"The LLM endpoint {url} failed ({status}: {said}).", reason="LLM_UNAVAILABLE")
        case _:
            return InvalidArgument(f"The LLM endpoint {url} refuses the request ({status}: {said}).")


def error_of_transport(error: Exception, *, base_url: str, timeout_s: float) -> MicrocoderError:
    """The error for a request that got no reply: an error of httpx, or `TimeoutError`."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return DeadlineExceeded(
            f"The LLM endpoint {base_url} did not answer within {timeout_s:g} s. "
            "Raise MICROCODER_LLM__TIMEOUT_S or ask for less at a time (MICROCODER_LLM__MAX_CONCURRENCY).",
            reason="LLM_TIMEOUT",
        )
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return InvalidArgument(f"{base_url!r} is no URL of an LLM endpoint. Set MICROCODER_LLM__BASE_URL.")
    return Unavailable(
        f"The LLM endpoint {base_url} cannot be reached ({excerpt(str(error)) or type(error).__name__}).",
        reason="LLM_UNAVAILABLE",
    )


def nonsense(url: httpx.URL, detail: str) -> MicrocoderError:
    """The error for a success whose body is not what the protocol says. It may pass, like a proxy's error page."""
    return Unavailable(f"The LLM endpoint {url} answered nonsense: {detail}.", reason="LLM_NONSENSE")


def _retry_after_s(response: httpx.Response) -> float:
    # The header may also hold a date; such endpoints get the ordinary backoff.
    try:
        return max(0.0, float(response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0
