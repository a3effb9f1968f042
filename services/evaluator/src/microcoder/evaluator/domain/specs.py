"""Which specifications can be run."""

from urllib.parse import urlsplit

from microcoder.core.errors import InvalidArgument
from microcoder.core.evaluation import EvaluationSpec
from microcoder.core.solving import MAX_WORKED_EXAMPLES

MAX_SAMPLES = 1_000
MAX_TEMPERATURE = 2.0
MAX_ITEM_TOKENS = 3_000_000
"""Of all samples of one item: they are stored as one record, which has to stay below 16 MiB."""


def check_spec(spec: EvaluationSpec) -> None:
    """Returns where `spec` can be run.

    Raises:
        InvalidArgument: Naming every field that is wrong and why.
    """
    wrong = {name: problem for name, problem in _findings(spec).items() if problem}
    if wrong:
        listed = "; ".join(f"{name} {problem}" for name, problem in wrong.items())
        raise InvalidArgument(f"The evaluation cannot be run: {listed}.", fields=wrong)


def _findings(spec: EvaluationSpec) -> dict[str, str]:
    return {
        "dataset": "" if spec.dataset.strip() else "is required: a .jsonl or .jsonl.gz file",
        "endpoint": _endpoint(spec),
        "model": "means nothing beside a checkpoint" if spec.model and spec.checkpoint else "",
        "samples": _range(spec.samples, 1, MAX_SAMPLES),
        "ks": _ks(spec),
        "temperature": _range(spec.temperature, 0.0, MAX_TEMPERATURE),
        "max_tokens": _range(spec.max_tokens, 1, MAX_ITEM_TOKENS // max(spec.samples, 1)),
        "published_to": _window(spec),
        "max_items": "" if spec.max_items >= 0 else "must not be negative",
        "worked_examples": _range(spec.worked_examples, 0, MAX_WORKED_EXAMPLES),
        "seed": "" if spec.seed >= 0 else "must not be negative",
    }


def _endpoint(spec: EvaluationSpec) -> str:
    if spec.endpoint and spec.checkpoint:
        return "and checkpoint exclude each other"
    if not spec.endpoint:
        return ""
    try:
        url = urlsplit(spec.endpoint)
    except ValueError:
        return "is not a URL"
    return "" if url.scheme in ("http", "https") and url.netloc else "must be an http or https URL"


def _ks(spec: EvaluationSpec) -> str:
    if not spec.ks or len(set(spec.ks)) != len(spec.ks):
        return "must be different numbers, at least one"
    return "" if all(1 <= k <= spec.samples for k in spec.ks) else f"must each be from 1 to samples ({spec.samples})"


def _window(spec: EvaluationSpec) -> str:
    if spec.published_from and spec.published_to and spec.published_from > spec.published_to:
        return "is before published_from"
    return ""


def _range(value: float, low: float, high: float) -> str:
    return "" if low <= value <= high else f"must be from {low:g} to {high:g}"
