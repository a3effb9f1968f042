"""Names of files in an archive that nobody has checked."""

import re

MAX_NAME = 1_024
"""Longest path that is taken, characters."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")


class UnsafeName(Exception):
    """A name that may not be used. `anchor` is the part before the place where it goes wrong."""

    def __init__(self, message: str, *, anchor: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.anchor = anchor


def safe_path(name: str) -> str:
    """`name` as a relative path with `/`, without `.` and without empty parts; "" for the root itself.

    Raises:
        UnsafeName: It is absolute, climbs with `..`, is not valid UTF-8, holds control characters or is too long.
    """
    if len(name) > MAX_NAME:
        raise UnsafeName(f"a name of {len(name)} characters, at most {MAX_NAME} are taken")
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise UnsafeName(f"absolute path {name!r}")
    parts: list[str] = []
    for part in name.split("/"):
        _check_part(part, name, anchor="/".join(parts))
        if part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _check_part(part: str, name: str, *, anchor: str) -> None:
    if part == "..":
        raise UnsafeName(f"path {name!r} climbs out with `..`", anchor=anchor)
    if _CONTROL.search(part) or "\\" in part:
        raise UnsafeName(f"path {name!r} holds control characters or backslashes", anchor=anchor)
    try:
        part.encode("utf-8")
    except UnicodeEncodeError:
        raise UnsafeName(f"path {name!r} is not valid UTF-8", anchor=anchor) from None


def link_path(link: str, target: str) -> str | None:
    """Where a symbolic link at `link` points, as a path in the same tree; None where it points out of it.

    Only the text is looked at; links on the way are the affair of `microcoder.scraper.domain.links`.
    """
    if target.startswith("/") or "\\" in target or _CONTROL.search(target) or len(target) > MAX_NAME:
        return None
    parts = link.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def is_inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it; the folder "" is the root and holds everything."""
    return not folder or path == folder or path.startswith(folder + "/")


def below(path: str, folder: str) -> str:
    """`path` relative to `folder`, which holds it."""
    return path[len(folder) + 1 :] if folder else path
