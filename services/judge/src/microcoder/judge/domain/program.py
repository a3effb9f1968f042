"""A program as the judge gets it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from microcoder.core.errors import InvalidArgument

MAX_SOURCE_BYTES = 4 * 1024 * 1024
_PART = re.compile(r"[A-Za-z0-9_+=@,.-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProgram:
    """Source files in one language."""

    language: str
    """Id in the language table."""
    files: Mapping[str, bytes]
    """Relative path to content."""
    main: str
    """The file that is compiled or started."""

    def __post_init__(self) -> None:
        if self.main not in self.files:
            raise InvalidArgument("the program's main file is not among its files", fields={"source": self.main})
        for path in self.files:
            check_path(path)
        if sum(map(len, self.files.values())) > MAX_SOURCE_BYTES:
            raise InvalidArgument(
                f"the program is larger than {MAX_SOURCE_BYTES // 2**20} MiB", fields={"source": "is too large"}
            )


def check_path(path: str) -> None:
    """Refuses paths that could leave the program's folder or surprise a tool.

    Raises:
        InvalidArgument: It is one.
    """
    parts = path.split("/")
    safe = all(_PART.fullmatch(part) and part not in (".", "..") and not part.startswith("-") for part in parts)
    if not safe or len(parts) > 8:
        raise InvalidArgument(
            f"{path[:100]!r} is not a safe relative path", fields={"source": "has an unsafe file name"}
        )
