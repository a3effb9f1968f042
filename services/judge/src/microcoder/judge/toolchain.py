"""Which tools this host has, and which languages of the table work with them."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from microcoder.judge.domain.engine import Engine, EngineFailed, RunLimits, RunSpec
from microcoder.judge.domain.languages import JavaTools, Language, Tools
from microcoder.judge.domain.verdicts import readable
from microcoder.judge.settings import JudgeSettings

_LIMITS = RunLimits(cpu_time_ms=20_000, memory_bytes=1024 * 2**20, output_bytes=64_000)
_NUMPY_FOLDER = "import numpy, pathlib; print(pathlib.Path(numpy.__file__).parents[1])"


def find_compiler(name: str) -> str:
    """The real path of a compiler by name or path; `name` itself where there is none, so that its probe fails."""
    return os.path.realpath(shutil.which(name) or name) if shutil.which(name) else name


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTools:
    """What was found on this host."""

    java: JavaTools | None
    """A development kit, where there is one."""
    packages: str
    """Folder of third-party Python packages, empty where there is none."""
    folders: tuple[str, ...]
    """What jails must show besides the system's folders."""

    def table_tools(self, settings: JudgeSettings, *, python: str) -> Tools:
        """The same for the language table; `python` is the interpreter that the engine gives to programs."""
        return Tools(
            python=python,
            packages=self.packages,
            cc=find_compiler(settings.cc),
            cxx=find_compiler(settings.cxx),
            java=self.java,
        )


def find_tools(settings: JudgeSettings) -> HostTools:
    """Looks for the tools that the settings name."""
    java, java_folders = _find_java(settings.javac)
    packages = str(settings.python_packages) if settings.python_packages else _numpy_folder(settings.python)
    configured = [folder for language in settings.languages.values() for folder in language.folders]
    wanted = [*java_folders, *([packages] if packages else []), *configured]
    return HostTools(java=java, packages=packages, folders=tuple(f for f in dict.fromkeys(wanted) if os.path.isdir(f)))


async def working_languages(engine: Engine, table: Mapping[str, Language]) -> dict[str, tuple[Language, str]]:
    """The languages whose tool answers inside the jail, with the first line of what it says of its version."""
    found = await asyncio.gather(*(_probe(engine, language) for language in table.values()))
    return {language.id: (language, version) for language, version in found if version}


async def _probe(engine: Engine, language: Language) -> tuple[Language, str]:
    version = await _lines(engine, language.version)
    if not version or not language.list_packages:
        return language, version[0] if version else ""
    packages = await _lines(engine, language.list_packages)
    return replace(language, packages=tuple(packages)), version[0]


async def _lines(engine: Engine, command: tuple[str, ...]) -> list[str]:
    """What a command prints, none where it fails."""
    try:
        outcome = await engine.run(RunSpec(argv=command, files={}, limits=_LIMITS))
    except EngineFailed:
        return []
    return [readable(line) for line in outcome.stdout.splitlines()] if outcome.exit_code == 0 else []


def _find_java(javac: str) -> tuple[JavaTools | None, list[str]]:
    """The kit that `javac` belongs to, and its folders outside of /usr: its configuration may lie in /etc."""
    compiler = Path(find_compiler(javac))
    if not compiler.is_absolute():
        return None, []
    home = compiler.parent.parent
    tools = JavaTools(java=str(home / "bin" / "java"), javac=str(compiler), jar=str(home / "bin" / "jar"))
    linked = {Path(os.path.realpath(path)) for path in home.rglob("*") if path.is_symlink()}
    configuration = {str(Path(*path.parts[:3])) for path in linked if path.parts[:2] == ("/", "etc")}
    own = [] if home.is_relative_to("/usr") else [str(home)]
    return tools, [*own, *sorted(folder for folder in configuration if "java" in folder)]


def _numpy_folder(python: str) -> str:
    """Where the configured interpreter keeps numpy, empty where it has none."""
    if not python:
        return ""
    done = subprocess.run([python, "-I", "-c", _NUMPY_FOLDER], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
