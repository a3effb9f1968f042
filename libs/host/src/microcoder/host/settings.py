"""The settings that all services share."""

from pydantic import Field

from microcoder.bus import BusSettings
from microcoder.config import Group, Settings
from microcoder.host.ports import DEFAULT_PORTS
from microcoder.rpc import ChannelSettings, RpcSettings
from microcoder.store import StoreSettings
from microcoder.telemetry import AdminSettings, LogSettings


def _local(service: str) -> str:
    return f"127.0.0.1:{DEFAULT_PORTS[service].rpc}"


class Endpoints(Group):
    """Where each service answers: `host:port`, or `dns:///name:port` to balance over all addresses of a name."""

    scraper: str = _local("scraper")
    normalizer: str = _local("normalizer")
    judge: str = _local("judge")
    scorer: str = _local("scorer")
    trainer: str = _local("trainer")
    evaluator: str = _local("evaluator")


class HostSettings(Group):
    """How the process starts and ends."""

    startup_budget_s: float = Field(default=60.0, ge=0)
    """How long the store and the bus may take to answer at the start before the process gives up."""
    drain_budget_s: float = Field(default=25.0, gt=0)
    """How long everything may take to end. Kubernetes kills after 30 s by default."""
    migrate: bool = True
    """Whether to bring the store's indexes up to date at the start; off where a job does it."""
    outbox_interval_s: float = Field(default=0.25, gt=0)
    """Longest pause between two looks for unsent events."""
    lag_interval_s: float = Field(default=15.0, gt=0)
    """Pause between two measurements of how far the workers are behind."""


class ServiceSettings(Settings):
    """Base of a service's settings; the service adds its own group, named after it."""

    store: StoreSettings = Field(default_factory=StoreSettings)
    bus: BusSettings = Field(default_factory=BusSettings)
    rpc: RpcSettings = RpcSettings()
    channel: ChannelSettings = ChannelSettings()
    admin: AdminSettings = AdminSettings()
    log: LogSettings = LogSettings()
    endpoints: Endpoints = Endpoints()
    host: HostSettings = HostSettings()
