"""Wrong settings, told to a person."""

from collections.abc import Mapping

from microcoder.core.errors import InvalidArgument


class ConfigError(InvalidArgument):
    """Settings that cannot be used. `fields` names each variable or file and says what is wrong and what to do."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        lines = "\n".join(f"  {name}: {problem}" for name, problem in problems.items())
        super().__init__(f"The settings cannot be used:\n{lines}", fields=problems, reason="INVALID_CONFIG")
