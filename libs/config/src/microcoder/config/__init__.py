"""Settings from environment, file and flags, printed without secrets."""

from microcoder.config.errors import ConfigError
from microcoder.config.printing import print_config
from microcoder.config.redaction import REDACTED, is_secret_name, redact_text
from microcoder.config.settings import CONFIG_FILE_ENV, ENV_PREFIX, Group, Settings, load

__all__ = [
    "CONFIG_FILE_ENV",
    "ENV_PREFIX",
    "REDACTED",
    "ConfigError",
    "Group",
    "Settings",
    "is_secret_name",
    "load",
    "print_config",
    "redact_text",
]
