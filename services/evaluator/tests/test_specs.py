from datetime import UTC, datetime
from typing import Any

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.domain.specs import check_spec

DAY = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2024, 2, 1, tzinfo=UTC)


def test_the_defaults_can_be_run() -> None:
    check_spec(EvaluationSpec(dataset="/data/items.jsonl"))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("dataset", {"dataset": " "}),
        ("samples", {"samples": 0, "ks": (1,)}),
        ("samples", {"samples": 1001}),
        ("ks", {"ks": ()}),
        ("ks", {"ks": (5,)}),
        ("ks", {"ks": (1, 1)}),
        ("temperature", {"temperature": -0.1}),
        ("temperature", {"temperature": float("nan")}),
        ("max_tokens", {"max_tokens": 0}),
        ("max_tokens", {"samples": 1000, "max_tokens": 32_000}),
        ("published_to", {"published_from": LATER, "published_to": DAY}),
        ("max_items", {"max_items": -1}),
        ("worked_examples", {"worked_examples": 99}),
        ("seed", {"seed": -1}),
        ("endpoint", {"endpoint": "http://a/v1", "checkpoint": "/c"}),
        ("endpoint", {"endpoint": "ftp://a"}),
        ("endpoint", {"endpoint": "http://["}),
        ("model", {"model": "m", "checkpoint": "/c"}),
    ],
)
def test_each_wrong_field_is_named(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_spec(EvaluationSpec(**{"dataset": "/data/items.jsonl", **changes}))
    assert field in caught.value.fields


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_spec(EvaluationSpec(dataset="", samples=0, seed=-1))
    assert {"dataset", "samples", "seed"} <= set(caught.value.fields)
