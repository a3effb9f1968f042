"""Settings of the judge."""

import os
from pathlib import Path

from pydantic import Field

from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.judge.domain.engine import EngineKind, Tier


def _cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "microcoder" / "judge"


class JudgeSettings(Group):
    """The group `MICROCODER_JUDGE__*`."""

    slots: int = Field(default=0, ge=0, le=1024)
    """Runs at a time; 0 for one per processor that this process may use. More only adds waiting."""
    min_tier: Tier = Tier.NAMESPACES
    """Weakest isolation to start with: `namespaces+cgroups`, `namespaces`, `landlock` or `rlimits`."""
    engine: EngineKind = EngineKind.AUTO
    """What runs programs: `warm` (jails that stay), `cold` (a jail per run), or `auto`: warm where it works, else cold."""
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
