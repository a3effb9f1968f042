import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.training import TrainingSpec
from microcoder.trainer.domain.validation import check_spec, wrong_fields

GOOD = {"release_id": "r", "model": "m"}


def test_the_defaults_make_sense() -> None:
    check_spec(TrainingSpec(**GOOD))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("release_id", ""),
        ("model", ""),
        ("max_steps", 0),
        ("group_size", 1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("temperature", -1.0),
        ("temperature", float("inf")),
        ("lora_rank", -1),
        ("max_completion_tokens", 10**9),
        ("seed", -1),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    spec = TrainingSpec(**{**GOOD, field: value})  # type: ignore[arg-type]
    assert list(wrong_fields(spec)) == [f"spec.{field}"]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_spec(TrainingSpec(release_id="", model="m", group_size=1, save_steps=0))
    assert set(caught.value.fields) == {"spec.release_id", "spec.group_size", "spec.save_steps"}
