"""Environment over file over defaults; nothing mistyped passes."""

import os
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from microcoder.config import ConfigError, Group, Settings, load


class Kafka(Group):
    bootstrap_servers: str = ""
    password: SecretStr = SecretStr("")


class Bus(Group):
    path: str = "bus.sqlite"
    kafka: Kafka | None = None


class Judge(Group):
    slots: int = Field(default=2, ge=1)
    languages: dict[str, str] = Field(default={})


class Sample(Settings):
    bus: Bus = Bus()
    judge: Judge = Judge()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("MICROCODER_"):
            monkeypatch.delenv(name)
    return monkeypatch


def problem_of(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(Sample)
    assert name in str(caught.value)
    return caught.value.fields[name]


def test_environment_wins_over_file_over_default(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "microcoder.toml"
    file.write_text('[judge]\nslots = 7\n[bus]\npath = "from-file"\n[scorer]\nanything = 1\n')
    environment.setenv("MICROCODER_CONFIG", str(file))
    environment.setenv("MICROCODER_JUDGE__SLOTS", "9")
    environment.setenv("MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS", "k:9092")
    settings = load(Sample)
    assert settings.judge.slots == 9
    assert settings.bus.path == "from-file"
    assert settings.bus.kafka is not None
    assert settings.bus.kafka.bootstrap_servers == "k:9092"


def test_groups_of_other_services_and_other_names_are_left_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_TRAINER__STEPS", "x")
    environment.setenv("MICROCODER_TEST_MONGODB", "mongodb://h")
    assert load(Sample) == Sample()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MICROCODER_JUDGE__SLOT", "slots"),
        ("MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVER", "bootstrap_servers"),
        ("MICROCODER_JUDG__SLOTS", "judge"),
        ("MICROCODER_JUDGE_SLOTS", "MICROCODER_JUDGE__SLOTS"),
    ],
)
def test_a_typing_error_is_named_with_what_was_meant(environment: pytest.MonkeyPatch, name: str, hint: str) -> None:
    environment.setenv(name, "3")
    assert hint in problem_of(name)


def test_a_typing_error_inside_json_is_named_too(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_BUS", '{"kafka": {"bootstrap": "k:9092"}}')
    assert "bootstrap_servers" in problem_of("MICROCODER_BUS")
    environment.setenv("MICROCODER_BUS", '{"kafka": {"bootstrap_servers": "k:9092"}}')
    kafka = load(Sample).bus.kafka
    assert kafka is not None
    assert kafka.bootstrap_servers == "k:9092"


def test_json_that_is_none_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_BUS", "{broken")
    with pytest.raises(ConfigError, match="bus"):
        load(Sample)


def test_free_keys_of_a_mapping_are_no_typing_errors(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_JUDGE__LANGUAGES__CPP17", "g++")
    assert load(Sample).judge.languages == {"cpp17": "g++"}


def test_an_unknown_key_of_the_file_names_file_and_key(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[judge]\nslotz = 1\n")
    environment.setenv("MICROCODER_CONFIG", str(file))
    assert "slots" in problem_of(f"{file}: judge.slotz")
    file.write_text("[judg]\nslots = 1\n")
    assert "judge" in problem_of(f"{file}: judg.slots")


def test_a_wrong_value_names_the_variable_and_the_problem(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_JUDGE__SLOTS", "many")
    assert "'many'" in problem_of("MICROCODER_JUDGE__SLOTS")
    environment.setenv("MICROCODER_JUDGE__SLOTS", "0")
    assert "greater than or equal to 1" in problem_of("MICROCODER_JUDGE__SLOTS")


def test_a_wrong_secret_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROCODER_BUS__KAFKA", '{"password": ["hunter2"]}')
    with pytest.raises(ConfigError) as caught:
        load(Sample)
    assert "hunter2" not in str(caught.value)


def test_a_missing_or_broken_file_is_told(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("MICROCODER_CONFIG", str(tmp_path / "absent.toml"))
    assert "cannot be read" in problem_of("MICROCODER_CONFIG")
    (tmp_path / "absent.toml").write_text("= 3")
    assert "not TOML" in problem_of("MICROCODER_CONFIG")
