"""What the local platform needs from this machine."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcoder.cli.local.llm import training_python
from microcoder.core.errors import MicrocoderError
from microcoder.store import local_mongod

_MIN_FREE_BYTES = 2 * 1024**3
_USERNS_LIMIT = Path("/proc/sys/user/max_user_namespaces")
_USERNS_SWITCH = Path("/proc/sys/kernel/unprivileged_userns_clone")
_USERNS_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of this machine."""

    part: str
    ok: bool
    needed: bool
    """Nothing works without it; else something optional is missing."""
    message: str
    """What is there, or what to do."""


def findings(state_dir: Path) -> list[Finding]:
    """Everything that was looked at, the needed parts first."""
    checks: list[Callable[[], Finding]] = [
        _python, _mongod, _compiler, _user_namespaces, lambda: _space(state_dir), _training, _kafka,
    ]  # fmt: skip
    return sorted((check() for check in checks), key=lambda f: not f.needed)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        part="Python", ok=sys.version_info >= (3, 11), needed=True, message=f"{version}; 3.11 or newer is needed"
    )


def _mongod() -> Finding:
    try:
        found = local_mongod.find_mongod()
    except MicrocoderError as error:
        return Finding(part="MongoDB", ok=False, needed=True, message=error.message)
    return Finding(part="MongoDB", ok=True, needed=True, message=str(found))


def _compiler() -> Finding:
    found = shutil.which("g++")
    message = found or "The judge compiles C++ with it: apt-get install g++"
    return Finding(part="g++", ok=found is not None, needed=True, message=message)


def _user_namespaces() -> Finding:
    def number(path: Path, default: int) -> int:
        return int(path.read_text()) if path.exists() else default

    blocked = number(_USERNS_SWITCH, 1) == 0 or number(_USERNS_LIMIT, 1) == 0 or number(_USERNS_APPARMOR, 0) == 1
    message = (
        "Not allowed for ordinary users here: the judge has a weaker jail. docs/judge.md says how to allow them."
        if blocked
        else "allowed: the judge can build its full jail"
    )
    return Finding(part="user namespaces", ok=not blocked, needed=False, message=message)


def _space(state_dir: Path) -> Finding:
    folder = next(p for p in (state_dir.resolve(), *state_dir.resolve().parents) if p.exists())
    free = shutil.disk_usage(folder).free
    message = f"{free / 1024**3:.1f} GiB free at {folder}; 2 GiB are needed, 12 GiB with the training environment"
    return Finding(part="disk", ok=free >= _MIN_FREE_BYTES, needed=True, message=message)


def _training() -> Finding:
    python = training_python()
    message = str(python) if python else "No local LLM and no training before `make setup-trainer`"
    return Finding(part="training environment", ok=python is not None, needed=False, message=message)


def _kafka() -> Finding:
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    message = (
        f"`--kafka` needs {' and '.join(missing)}: apt-get install default-jre-headless maven"
        if missing
        else "can be brought"
    )
    return Finding(part="Kafka", ok=not missing, needed=False, message=message)
