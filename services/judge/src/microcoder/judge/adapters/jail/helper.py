"""Builds programs and libraries from the C sources beside this file, once per version of them and of the compiler."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from microcoder.core.errors import FailedPrecondition

NATIVE = Path(__file__).parent / "native"
"""Sources of the jail."""
_PREBUILT = Path(__file__).parent / "prebuilt"
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror=implicit-function-declaration")
_TIMEOUT_S = 120


def build_helper(cache: Path, *, compiler: str) -> Path:
    """The path of the cold engine's helper, as of `build`."""
    return build(cache, "jail", sorted(NATIVE.glob("*.c")), compiler=compiler)


def prebuild_helper(*, compiler: str) -> Path:
    """Builds it into the package itself, for an image: a judge with the same compiler then builds nothing."""
    return build_helper(_PREBUILT, compiler=compiler)


def build(cache: Path, name: str, sources: Sequence[Path], *, compiler: str, flags: Sequence[str] = ()) -> Path:
    """The path of what `sources` compile to, which happens only if neither the package nor `cache` holds it yet.

    Args:
        cache: Folder for it.
        name: How its file name begins.
        sources: C files; all headers of their folders count as theirs.
        compiler: C compiler.
        flags: In addition to the usual ones.

    Raises:
        FailedPrecondition: There is no working C compiler, or its kernel headers are too old.
    """
    folders = tuple(dict.fromkeys(path.parent for path in sources))
    files = sorted({*sources, *(header for folder in folders for header in folder.glob("*.h"))})
    words = [*_FLAGS, *flags]
    version = _run([compiler, "--version"]).splitlines()[0]
    seed = [version.encode(), " ".join(words).encode(), *(path.read_bytes() for path in files)]
    digest = hashlib.sha256(b"\0".join(seed)).hexdigest()[:16]
    for known in (_PREBUILT, cache):
        if (known / f"{name}-{digest}").exists():
            return known / f"{name}-{digest}"
    target = cache / f"{name}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{folder}" for folder in folders]
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        built = Path(folder) / name
        _run([compiler, *words, *includes, "-o", str(built), *map(str, sources)])
        os.replace(built, target)
    return target


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
