"""The Python that untrusted programs get: a base interpreter, never the service's virtual environment."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from microcoder.core.errors import FailedPrecondition

_SYSTEM = "/usr/bin/python3"
_ASK = """
import json, os, site, sys
prefix = os.path.realpath(sys.base_prefix)
packages = [os.path.realpath(path) for path in site.getsitepackages([sys.base_prefix]) if os.path.isdir(path)]
print(json.dumps([os.path.realpath(sys.executable), prefix, packages, sys.version_info[:2]]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python for untrusted programs."""

    executable: str
    """Real path."""
    prefix: str
    """The folder that it and its library live in."""
    packages: tuple[str, ...]
    """Folders of third-party packages: they run code at every start and differ from host to host."""


def interpreters(configured: str) -> tuple[Interpreter, ...]:
    """What may be tried, best first: the configured one, else the one behind this process and the system's.

    Raises:
        FailedPrecondition: There is none.
    """
    if configured:
        return (_ask(configured),)
    base = getattr(sys, "_base_executable", "") or sys.executable
    found = [_ask(base)]
    if os.path.exists(_SYSTEM):
        found.append(_ask(_SYSTEM))
    return tuple(dict.fromkeys(found))


def _ask(path: str) -> Interpreter:
    try:
        done = subprocess.run([path, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=60, check=True)
        executable, prefix, packages, version = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise FailedPrecondition(
            f"{path!r} is no Python that programs can be given ({error}): name one by MICROCODER_JUDGE__PYTHON"
        ) from error
    if version < [3, 8]:
        raise FailedPrecondition(f"{path!r} is Python {version[0]}.{version[1]}; programs need 3.8 or newer")
    return Interpreter(executable, prefix, tuple(packages))
