"""Default ports: fixed, so that six services on one machine find each other without any setting."""

from collections.abc import Mapping
from typing import NamedTuple


class Ports(NamedTuple):
    """Ports of one service."""

    rpc: int
    admin: int


DEFAULT_PORTS: Mapping[str, Ports] = {
    "scraper": Ports(50051, 9101),
    "normalizer": Ports(50052, 9102),
    "judge": Ports(50053, 9103),
    "scorer": Ports(50054, 9104),
    "trainer": Ports(50055, 9105),
    "evaluator": Ports(50056, 9106),
}


def default_ports(service: str) -> Ports:
    """The ports of `service`; any free ones for a service that is not in the table."""
    return DEFAULT_PORTS.get(service, Ports(0, 0))
