"""Builds the helper from the C sources beside this file, once per version of them and of the compiler."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from microcoder.core.errors import FailedPrecondition

_SOURCES = Path(__file__).parent / "native"
_PREBUILT = Path(__file__).parent / "prebuilt"
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror=implicit-function-declaration")
_TIMEOUT_S = 120


def build_helper(cache: Path, *, compiler: str) -> Path:
    """The path of the helper, which is compiled if neither the package nor `cache` holds it yet.

    Raises:
        FailedPrecondition: There is no working C compiler, or its kernel headers are too old.
    """
    sources = sorted(_SOURCES.glob("*.[ch]"))
    version = _run([compiler, "--version"]).splitlines()[0]
    seed = [version.encode(), " ".join(_FLAGS).encode(), *(path.read_bytes() for path in sources)]
    digest = hashlib.sha256(b"\0".join(seed)).hexdigest()[:16]
    name = f"jail-{digest}"
    for folder in (_PREBUILT, cache):
        if (folder / name).exists():
            return folder / name
    target = cache / name
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        built = Path(folder) / "jail"
        _run([compiler, *_FLAGS, "-o", str(built), *(str(path) for path in sources if path.suffix == ".c")])
        os.replace(built, target)
    return target


def prebuild_helper(*, compiler: str) -> Path:
    """Builds it into the package itself, for an image: a judge with the same compiler then builds nothing."""
    return build_helper(_PREBUILT, compiler=compiler)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except OSError as error:
        raise FailedPrecondition(
            f"the judge needs a C compiler and could not start {command[0]!r} ({error.strerror}): "
            "install gcc and g++, or name them by MICROCODER_JUDGE__CC and MICROCODER_JUDGE__CXX"
        ) from error
    if done.returncode != 0:
        raise FailedPrecondition(
            f"the judge's helper does not compile (Linux headers of version 5.13 or newer are needed): "
            f"{done.stderr[-1000:]}"
        )
    return done.stdout
