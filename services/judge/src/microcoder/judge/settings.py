"""Settings of the judge."""

import os
from pathlib import Path, PurePosixPath

from pydantic import Field

from microcoder.config import Group
from microcoder.core.languages import language_id
from microcoder.host import ServiceSettings
from microcoder.judge.adapters.jail.engine import FIRST_USER
from microcoder.judge.domain.engine import EngineKind, Tier
from microcoder.judge.domain.languages import Language, with_environment


def _cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "microcoder" / "judge"


class LanguageSettings(Group):
    """A row of the language table.

    In commands `{program}` is the folder of the program's files, `{box}` the working
    folder, `{main}` the first file, `{class}` its name without suffix, `{heap_mib}` the memory left for data, MiB;
    `{sources}` as a word of its own stands for all files that are compiled together.
    """

    main: str = Field(min_length=1)
    """File name of a program that is given as one text."""
    version: list[str] = Field(min_length=1)
    """Command that prints the version; the language is offered where it works in the jail."""
    run: list[str] = Field(min_length=1)
    """Command that starts the program; that of a compiled one is `{program}/program`."""
    compile: list[str] = Field(default_factory=list)
    """Command that makes `{box}/program`; empty for interpreted languages."""
    compiled_suffixes: list[str] = Field(default_factory=list)
    """Files that `{sources}` takes; empty for the suffix of `main`."""
    check: list[str] = Field(default_factory=list)
    """Command that fails where a program is not of this language; empty where only running it tells."""
    time_multiplier: float = Field(default=1.0, gt=0, le=100)
    """A problem's own CPU limit is multiplied by this."""
    memory_multiplier: float = Field(default=1.0, gt=0, le=100)
    """A problem's own memory limit is multiplied by this."""
    runtime_mib: int = Field(default=0, ge=0, le=4096)
    """Memory of its runtime, added to a problem's limit, MiB."""
    folders: list[str] = Field(default_factory=list)
    """Folders of its tools, where they are not below /usr; every program sees them."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Variables for its compiler and its programs."""


def configured(name: str, row: LanguageSettings) -> Language:
    """The row for the language table."""
    setting = with_environment(row.environment)
    return Language(
        id=language_id(name),
        main=row.main,
        version=(*setting, *row.version),
        run=(*setting, *row.run),
        compile=(*setting, *row.compile) if row.compile else (),
        compiled_suffixes=tuple(row.compiled_suffixes) or (PurePosixPath(row.main).suffix,),
        check=(*setting, *row.check) if row.check else (),
        time_multiplier=row.time_multiplier,
        memory_multiplier=row.memory_multiplier,
        runtime_bytes=row.runtime_mib * 2**20,
    )


class JudgeSettings(Group):
    """The group `MICROCODER_JUDGE__*`."""

    slots: int = Field(default=0, ge=0, le=1024)
    """Runs at a time; 0 for one per processor that this process may use. More only adds waiting."""
    min_tier: Tier = Tier.NAMESPACES
    """Weakest isolation to start with: `namespaces+cgroups`, `namespaces`, `landlock` or `rlimits`."""
    engine: EngineKind = EngineKind.AUTO
    """What runs programs: `warm` (jails that stay), `cold` (a jail per run), or `auto`: warm where that works."""
    first_user: int = Field(default=FIRST_USER, ge=1000)
    """User id of the first slot's runs, where the judge may choose. Judges on one host whose users are the same need
    ranges of their own: the kernel counts processes by user."""
    health_interval_s: float = Field(default=30.0, gt=0)
    """Seconds between two rounds of judging a+b through every slot."""
    max_submissions: int = Field(default=256, ge=1)
    """Submissions under way at a time; more are answered with RESOURCE_EXHAUSTED."""
    python: str = ""
    """Interpreter for Python programs; empty for the one behind this process, else the system's."""
    cc: str = "gcc"
    """C compiler, for the helper and for C programs."""
    cxx: str = "g++"
    """C++ compiler."""
    javac: str = "javac"
    """Java compiler; the rest of its kit is taken from beside it."""
    python_packages: Path | None = None
    """Folder of packages for the language `python3-numpy`, as `pip install --target` makes it; unset for those of
    `python`, if it has numpy."""
    languages: dict[str, LanguageSettings] = Field(default_factory=dict)
    """Further languages by id, or other rows for those of the table."""
    time_multipliers: dict[str, float] = Field(default_factory=dict)
    """CPU time multipliers on problems' own limits that differ from the table's, by language."""
    max_guess_share: float = Field(default=1.0, gt=0, le=1)
    """A problem is rejected where one output, or the input itself, passes this share of its tests."""
    preludes: dict[str, str] = Field(default_factory=dict)
    """Python texts that function calls may have before the program, by name, beside `leetcode` and `none`."""
    cache_dir: Path = Field(default_factory=_cache_dir)
    """Folder for the compiled helper, precompiled headers and compiled programs."""
    blob_cache_bytes: int = Field(default=256 * 2**20, ge=0)
    """Memory for tests of the catalogue, bytes."""
    artefact_cache_bytes: int = Field(default=256 * 2**20, ge=0)
    """Memory for compiled programs, bytes."""
    artefact_disk_bytes: int = Field(default=2 * 2**30, ge=0)
    """Room in `cache_dir` for compiled programs, bytes; 0 to keep them in memory only."""


class JudgeServiceSettings(ServiceSettings):
    """The judge's settings."""

    judge: JudgeSettings = Field(default_factory=JudgeSettings)
