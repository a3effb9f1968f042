"""Which parts of the host a program sees, and under which names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail.interpreter import Interpreter

_SYSTEM = ("/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LINKS = (
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("box", "/tmp"),  # noqa: S108 - the jail's own
    ("/box", "/dev/shm"),  # noqa: S108
)
_TOO_WIDE = frozenset({"/", "/home", "/root", "/etc", "/var", "/opt", "/srv", "/proc", "/sys", "/dev"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths that are shown read-only, links and devices."""

    binds: tuple[str, ...]
    """Folders and files, at the same path in the jail."""
    hidden: tuple[tuple[str, str], ...]
    """An empty folder of the host and the path in the jail that it covers."""
    links: tuple[tuple[str, str], ...]
    """Text of a link and its path."""
    devices: tuple[str, ...]
    """Device nodes."""

    def arguments(self) -> list[str]:
        """For the helper, of a jail with a root of its own."""
        return [
            *(f"bind={path}:{path}" for path in self.binds),
            *(f"bind={source}:{target}" for source, target in self.hidden),
            *(f"link={text}:{path}" for text, path in self.links),
            *(f"device={path}:{path}" for path in self.devices),
        ]


def host_layout(interpreter: Interpreter, *, empty: Path, folders: Sequence[str] = ()) -> Layout:
    """What this host has of the system folders, and the interpreter's prefix with only the standard library.

    Args:
        interpreter: Python that programs get.
        empty: An empty folder, which hides third-party packages.
        folders: Further folders to show, of other languages' tools.

    Raises:
        FailedPrecondition: Showing the prefix would show far more than an interpreter.
    """
    binds, links = ["/usr"], list(_LINKS)
    for path in _SYSTEM:
        if os.path.islink(path):
            links.append((os.readlink(path), path))
        elif os.path.isdir(path):
            binds.append(path)
    if not Path(interpreter.prefix).is_relative_to("/usr"):
        if interpreter.prefix in _TOO_WIDE:
            raise FailedPrecondition(
                f"the Python at {interpreter.executable} has the prefix {interpreter.prefix}, which cannot be shown to "
                "untrusted programs: name another one by MICROCODER_JUDGE__PYTHON"
            )
        binds.append(interpreter.prefix)
    for folder in folders:
        if folder in _TOO_WIDE:
            raise FailedPrecondition(
                f"the folder {folder} of a language cannot be shown to untrusted programs: name one in it"
            )
        binds.append(folder)
    binds.extend(path for path in _FILES if os.path.exists(path))
    return Layout(
        binds=tuple(binds),
        hidden=tuple((str(empty), path) for path in interpreter.packages),
        links=tuple(links),
        devices=tuple(path for path in _DEVICES if os.path.exists(path)),
    )
