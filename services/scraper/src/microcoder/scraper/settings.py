"""Settings of the scraper."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from microcoder.cluster import ClusterSettings
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


class LeadershipKind(StrEnum):
    """Who of several scrapers on one database collects."""

    NONE = "none"
    """This one: it is the only one."""
    MONGODB = "mongodb"
    """The holder of a lease in the store."""
    KUBERNETES = "kubernetes"
    """The holder of a Lease of the cluster."""


class LeaderSettings(Group):
    """The lease of the leading scraper. The times are those of Kubernetes' own controllers."""

    name: str = "microcoder-scraper"
    """Name of the lease."""
    lease_s: float = Field(default=15.0, ge=1)
    """How long the others wait, after the last sign of the leader, before one takes over."""
    renew_deadline_s: float = Field(default=10.0, gt=0)
    """A leader that could not renew its lease for so long stops collecting."""
    retry_s: float = Field(default=2.0, gt=0)
    """Pause between two tries to get or renew it."""
    kubernetes: ClusterSettings = ClusterSettings()
    """The cluster, where the lease is one of Kubernetes."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.retry_s < self.renew_deadline_s < self.lease_s:
            raise ValueError("retry_s must be below renew_deadline_s, and that below lease_s")
        return self


class ScraperSettings(Group):
    """What is collected, and how much of it."""

    leadership: LeadershipKind = LeadershipKind.NONE
    """Who collects where several scrapers share a database: `none`, `mongodb` or `kubernetes`."""
    leader: LeaderSettings = LeaderSettings()
    """The lease, unless `leadership` is `none`."""

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
