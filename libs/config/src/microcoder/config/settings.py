"""The base of every service's settings: environment over file over defaults."""

import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from microcoder.config.errors import ConfigError
from microcoder.config.unknown import unknown_in_environment, unknown_in_file
from microcoder.config.validation import explain

ENV_PREFIX = "MICROCODER_"
"""Every variable of this project starts with it; groups nest by a double underscore."""
CONFIG_FILE_ENV = f"{ENV_PREFIX}CONFIG"
"""Names an optional TOML file; one table per group."""


class Group(BaseModel):
    """Settings that belong together: `MICROCODER_<GROUP>__<FIELD>`, or a table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(BaseSettings):
    """Environment over the TOML file of `MICROCODER_CONFIG` over defaults.

    One file and one environment serve several services: groups that this one does not have are left alone, while an
    unknown key inside a group that it has is an error, see `load`.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileSource(settings_cls, read_file())


S = TypeVar("S", bound=Settings)


def load(settings_type: type[S]) -> S:
    """The settings of this process.

    Raises:
        ConfigError: An unknown key in a known group, a value that does not fit, or a file that cannot be read.
    """
    unknown = unknown_in_environment(settings_type, os.environ, prefix=ENV_PREFIX)
    unknown |= unknown_in_file(settings_type, read_file(), file=os.environ.get(CONFIG_FILE_ENV, ""))
    if unknown:
        raise ConfigError(unknown)
    try:
        return settings_type()
    except ValidationError as error:
        raise ConfigError(explain(error, prefix=ENV_PREFIX)) from None
    except SettingsError as error:
        raise ConfigError({f"{ENV_PREFIX}*": f"{error}; a whole group must be given as JSON"}) from None


def read_file() -> dict[str, Any]:
    """The content of the file that `MICROCODER_CONFIG` names; empty where it names none.

    Raises:
        ConfigError: The file is not there or is not TOML.
    """
    name = os.environ.get(CONFIG_FILE_ENV)
    if not name:
        return {}
    try:
        return tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"{name} cannot be read ({error.strerror}); name an existing TOML file or unset the variable"
    except ValueError as error:
        reason = f"{name} is not TOML: {error}"
    raise ConfigError({CONFIG_FILE_ENV: reason})


class _FileSource(PydanticBaseSettingsSource):
    """The tables of the file, as they are."""

    def __init__(self, settings_cls: type[BaseSettings], content: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self._content = content

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._content.get(field_name), field_name, isinstance(field, BaseModel)

    def __call__(self) -> dict[str, Any]:
        return {name: self._content[name] for name in self.settings_cls.model_fields if name in self._content}
