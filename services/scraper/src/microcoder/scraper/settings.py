"""Settings of the scraper."""

from pathlib import Path

from pydantic import Field

from microcoder.config import Group
from microcoder.host import ServiceSettings

_MIB = 1024 * 1024


class HttpSettings(Group):
    """How contest feeds are read."""

    user_agent: str = "microcoder-scraper (+https://example.org/microcoder)"
    """Who asks; put a contact in."""
    timeout_s: float = Field(default=30.0, gt=0)
    """Longest silence of a host."""
    total_timeout_s: float = Field(default=600.0, gt=0)
    """Longest time for one answer."""
    min_interval_s: float = Field(default=1.0, ge=0)
    """Pause between two requests to the same host."""
    max_attempts: int = Field(default=4, ge=1)
    """How often a request is made before it is given up until the next poll."""
    backoff_s: float = Field(default=1.0, ge=0)
    """Mean wait after the first failure; doubles each time."""
    max_wait_s: float = Field(default=60.0, ge=0)
    """A host that asks for a longer wait is left alone until the next poll."""
    max_redirects: int = Field(default=5, ge=0)
    """How many redirects are followed."""
    max_feed_bytes: int = Field(default=8 * _MIB, gt=0)
    """Longest feed document."""
    extra_hosts: tuple[str, ...] = ()
    """Hosts, beside a feed's own, that packages may lie on."""


class ScraperSettings(Group):
    """What is collected, and how much of it."""

    feeds: tuple[str, ...] = ()
    """Addresses of feeds that are added at start."""
    poll_interval_s: float = Field(default=300.0, gt=0)
    """Time between two polls of a feed."""
    import_roots: tuple[Path, ...] = ()
    """Folders that imports may read from; empty for all."""
    scratch_dir: Path | None = None
    """Where archives are unpacked while they are read; None for the system's folder."""
    max_archive_bytes: int = Field(default=4096 * _MIB, gt=0)
    """Most that an archive may hold, uncompressed."""
    max_archive_members: int = Field(default=200_000, gt=0)
    """Most files, folders and links in an archive."""
    max_package_bytes: int = Field(default=120 * _MIB, gt=0)
    """Most that one problem package may hold; a little less than the store takes as one blob."""
    max_package_files: int = Field(default=20_000, gt=0)
    """Most files in one problem package."""
    http: HttpSettings = HttpSettings()
    """How contest feeds are read."""


class AppSettings(ServiceSettings):
    """All settings of the process."""

    scraper: ScraperSettings = ScraperSettings()
