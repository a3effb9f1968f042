"""Scratch folders that name their process, so that those of a killed one are found and removed."""

import os
import re
import shutil
import tempfile
from pathlib import Path

_PREFIX = "microcoder-scraper-"
_NAME = re.compile(rf"{_PREFIX}(?P<pid>\d+)-.+")


def scratch_folder(base: Path | None) -> "tempfile.TemporaryDirectory[str]":
    """A fresh folder below `base`, or below the system's folder; removed with its context."""
    return tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=base)


def remove_stale(base: Path | None) -> list[str]:
    """Removes what processes left that are gone, and gives the names. To be called before this one makes any."""
    folder = base or Path(tempfile.gettempdir())
    stale = [
        path
        for path in folder.glob(f"{_PREFIX}*")
        if (match := _NAME.fullmatch(path.name)) and not _is_another_alive(int(match["pid"]))
    ]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in stale]


def _is_another_alive(pid: int) -> bool:
    """Whether `pid` is a living process other than this one; in a container the next one often has the same number."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
