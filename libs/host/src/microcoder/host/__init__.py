"""The process that a service runs in: settings, store, bus, gRPC, drain."""

from microcoder.host import _environment  # noqa: F401  first, see there
from microcoder.host.main import EXIT_CONFIG, EXIT_CRASH, EXIT_STARTUP, main
from microcoder.host.outbox import OutboxRelay
from microcoder.host.ports import DEFAULT_PORTS, Ports
from microcoder.host.runtime import Parts, Runtime
from microcoder.host.settings import Endpoints, HostSettings, ServiceSettings

__all__ = [
    "DEFAULT_PORTS",
    "EXIT_CONFIG",
    "EXIT_CRASH",
    "EXIT_STARTUP",
    "Endpoints",
    "HostSettings",
    "OutboxRelay",
    "Parts",
    "Ports",
    "Runtime",
    "ServiceSettings",
    "main",
]
