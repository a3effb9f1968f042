"""Precompiled headers: made once per compiler and options, in a jail, and only read by the compile runs after that.

A compiler that cannot use one (other options, other macros, something in front of the include) reads the plain header
instead, so a program means the same with them and without.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from microcoder.judge.domain.engine import EngineFailed, Run, RunLimits, RunSpec
from microcoder.judge.domain.languages import HEADER, Language, emitting, fill
from microcoder.judge.domain.verdicts import classify

_SOURCE = "all.h"
_LIMITS = RunLimits(cpu_time_ms=120_000, memory_bytes=2 * 2**30, output_bytes=512 * 2**20, box_bytes=512 * 2**20)


class PrecompiledHeaders:
    """The headers of the languages that have one, each in a folder of its own below `cache`.

    Args:
        cache: Folder that this judge may write to.
        versions: What the tools of each language say of themselves.
    """

    def __init__(self, cache: Path, versions: Mapping[str, str]) -> None:
        self._cache = cache
        self._versions = versions
        self._ready: dict[str, str] = {}

    def folder(self, language: Language) -> str | None:
        """What an include path needs to name, None as long as there is nothing."""
        if not language.precompile:
            return None
        found = self._ready.get(language.id)
        if found is None and (folder := self._place(language)).is_dir():
            found = self._ready[language.id] = str(folder)
        return found

    async def build(self, language: Language, run: Run) -> None:
        """Makes the header of a language unless it is there.

        Raises:
            EngineFailed: It cannot be made; programs compile without it.
            OSError: It cannot be kept.
        """
        if not language.precompile or self.folder(language):
            return
        command = fill(language.precompile, main=_SOURCE)
        files = {_SOURCE: f"#include <{HEADER}>\n".encode()}
        outcome = await run(RunSpec(argv=emitting(command), files=files, limits=_LIMITS))
        failed = classify(outcome, _LIMITS)
        if failed is not None:
            raise EngineFailed(f"{HEADER} of {language.id} cannot be precompiled: {failed[1]}")
        await asyncio.to_thread(_keep, self._place(language), outcome.stdout)

    def _place(self, language: Language) -> Path:
        seed = "\0".join([self._versions.get(language.id, ""), *language.precompile])
        return self._cache / f"headers-{hashlib.sha256(seed.encode()).hexdigest()[:16]}"


def _keep(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "headers"
        target = made / f"{HEADER}.gch"
        target.parent.mkdir(parents=True)
        target.write_bytes(data)
        target.chmod(0o444)
        for folder in (made, target.parent):
            folder.chmod(0o755)
        if not place.exists():
            os.rename(made, place)
