"""Which languages of the table work on this host."""

import asyncio
import os
import shutil
from collections.abc import Mapping

from microcoder.judge.domain.engine import Engine, EngineFailed, RunLimits, RunSpec
from microcoder.judge.domain.languages import Language
from microcoder.judge.domain.verdicts import readable

_LIMITS = RunLimits(cpu_time_ms=10_000, memory_bytes=512 * 2**20, output_bytes=4_000)


def find_compiler(name: str) -> str:
    """The real path of a compiler by name or path; `name` itself where there is none, so that its probe fails."""
    return os.path.realpath(shutil.which(name) or name) if shutil.which(name) else name


async def working_languages(engine: Engine, table: Mapping[str, Language]) -> dict[str, str]:
    """The languages whose tool answers inside the jail, with the first line of what it says of its version."""
    versions = await asyncio.gather(*(_version(engine, language) for language in table.values()))
    return {language: version for language, version in zip(table, versions, strict=True) if version}


async def _version(engine: Engine, language: Language) -> str:
    try:
        outcome = await engine.run(RunSpec(argv=language.version, files={}, limits=_LIMITS))
    except EngineFailed:
        return ""
    return readable(outcome.stdout.splitlines()[0]) if outcome.exit_code == 0 and outcome.stdout else ""
