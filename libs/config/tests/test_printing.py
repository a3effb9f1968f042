"""What is printed can be read back and tells no secret."""

import json
import tomllib
from typing import Literal

import pytest
from pydantic import Field, SecretStr

from microcoder.config import Group, is_secret_name, print_config, redact_text


class Store(Group):
    uri: str = "mongodb://admin:s3cret@db-1,db-2/catalogue?replicaSet=rs0&authToken=t0ken"
    driver: str = "motor"
    pool: int | None = None


class Dimension(Group):
    name: str
    weight: float = 0.5
    note: str | None = None
    api_key: SecretStr = SecretStr("k3y")


class Everything(Group):
    dimensions: tuple[Dimension, ...] = (Dimension(name="a b"), Dimension(name="c", weight=1.0))
    store: Store = Store()
    api_key: SecretStr = SecretStr("k3y")
    token: str = "t0ken"
    empty_token: str = ""
    names: tuple[str, ...] = ("a", 'quote " and \\ and \n')
    by_language: dict[str, str] = Field(default={"c++": "g++"})
    ratio: float = 0.5
    on: bool = True


@pytest.mark.parametrize("form", ["toml", "json"])
def test_no_secret_is_printed(form: Literal["toml", "json"]) -> None:
    text = print_config(Everything(), format=form)
    for secret in ("s3cret", "k3y", "t0ken", "admin"):
        assert secret not in text
    assert "db-1,db-2/catalogue?replicaSet=rs0" in text


def test_toml_and_json_say_the_same() -> None:
    shown = json.loads(print_config(Everything(), format="json"))
    assert shown["store"].pop("pool") is None
    assert [dimension.pop("note") for dimension in shown["dimensions"]] == [None, None]
    text = print_config(Everything())
    assert tomllib.loads(text) == shown
    assert "# pool is not set" in text


@pytest.mark.parametrize(
    "name", ["password", "kafka_password", "api_key", "apikey", "llm.api_key", "x-token", "Authorization"]
)
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["tokens", "key", "prompt_tokens", "topic", "secretary", "partition_key"])
def test_harmless_names(name: str) -> None:
    assert not is_secret_name(name)


def test_text_around_a_url_stays() -> None:
    assert redact_text("cannot reach amqp://u:p@h:1/v now") == "cannot reach amqp://**********@h:1/v now"
    assert redact_text("mail me@example.org") == "mail me@example.org"
