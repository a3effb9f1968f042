"""The rubric as a person configures it."""

from pathlib import Path

import pytest

from microcoder.config import ConfigError, load, print_config
from microcoder.scorer.domain.rubric import Rubric
from microcoder.scorer.settings import AppSettings

RUBRIC = """
[llm]
base_url = "http://llm.example/v1"
api_key = "k-secret"

[scorer]
samples = 5

[scorer.rubric]
system = "{system}"

[[scorer.rubric.dimensions]]
name = "{name}"
definition = "how large"
weight = {weight}
"""


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "microcoder.toml"
    monkeypatch.setenv("MICROCODER_CONFIG", str(path))
    return path


def test_the_default_is_the_documented_rubric() -> None:
    assert load(AppSettings).scorer.rubric.rubric() == Rubric()


def test_a_file_replaces_the_rubric_and_the_environment_wins(configure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure.write_text(RUBRIC.format(system="Rate: {dimensions} {keys}", name="size", weight=2))
    monkeypatch.setenv("MICROCODER_SCORER__SAMPLES", "7")
    settings = load(AppSettings)
    rubric = settings.scorer.rubric.rubric()
    assert settings.scorer.samples == 7
    assert [(d.name, d.weight) for d in rubric.dimensions] == [("size", 2.0)]
    assert rubric.overall({"size": 4.0}) == 4.0
    shown = print_config(settings)
    assert "http://llm.example/v1" in shown
    assert "k-secret" not in shown


@pytest.mark.parametrize(
    ("system", "name", "weight", "what"),
    [
        ("Rate {dimensions}", "size", 1, "keys"),
        ("{dimensions} {keys}", "rationale", 1, "rationale"),
        ("{dimensions} {keys}", "Not A Key", 1, "name"),
        ("{dimensions} {keys}", "size", 0, "weight"),
    ],
)
def test_a_rubric_that_cannot_work_is_refused_at_the_start(
    configure: Path, system: str, name: str, weight: int, what: str
) -> None:
    configure.write_text(RUBRIC.format(system=system, name=name, weight=weight))
    with pytest.raises(ConfigError, match=what):
        load(AppSettings)
