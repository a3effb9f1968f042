"""Settings of the normalizer."""

from pathlib import Path

from pydantic import Field

from microcoder.config import Group
from microcoder.host import ServiceSettings
from microcoder.normalizer.domain.policy import Policy

_MIB = 1024 * 1024
_DEFAULT = Policy()


class NormalizerSettings(Group):
    """What is taken, and how much of it. docs/sources.md gives the reasons for the defaults."""

    parallel: int = Field(default=2, ge=1)
    """Packages that are in memory at once."""
    max_tests: int = Field(default=_DEFAULT.max_tests, ge=1)
    """Most tests that are kept: all samples, then the longest inputs."""
    max_test_mib: float = Field(default=_DEFAULT.max_test_bytes / _MIB, gt=0)
    """Longest input or answer of a test that is kept."""
    languages: tuple[str, ...] = ("en", "")
    """Natural languages of statements that are taken, ISO 639-1; "" for statements too short to tell."""
    default_time_limit_s: float = Field(default=_DEFAULT.default_cpu_time_ms / 1000, gt=0)
    """Of a package that states none."""
    max_time_limit_s: float = Field(default=_DEFAULT.max_cpu_time_ms / 1000, gt=0)
    """Longest that is believed."""
    default_memory_mib: float = Field(default=_DEFAULT.default_memory_bytes / _MIB, gt=0)
    """Of a package that states none."""
    max_memory_mib: float = Field(default=_DEFAULT.max_memory_bytes / _MIB, gt=0)
    """Largest that is believed."""
    protected_file: Path | None = None
    """JSON lines with the statements of evaluation sets; problems that share text with one are left out."""
    contamination_threshold: float = Field(default=_DEFAULT.contamination_threshold, gt=0, le=1)
    """Share of a problem's 16-grams in one protected statement, above which it is left out."""

    def policy(self) -> Policy:
        """The same for the domain."""
        return Policy(
            max_tests=self.max_tests,
            max_test_bytes=int(self.max_test_mib * _MIB),
            languages=frozenset(self.languages),
            default_cpu_time_ms=round(self.default_time_limit_s * 1000),
            max_cpu_time_ms=round(self.max_time_limit_s * 1000),
            default_memory_bytes=int(self.default_memory_mib * _MIB),
            max_memory_bytes=int(self.max_memory_mib * _MIB),
            contamination_threshold=self.contamination_threshold,
        )


class AppSettings(ServiceSettings):
    """All settings of the process."""

    normalizer: NormalizerSettings = NormalizerSettings()
