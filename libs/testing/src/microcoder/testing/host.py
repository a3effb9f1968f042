"""The surroundings of a service, on the test's own store and bus."""

from typing import Protocol, TypeVar

import pytest

from microcoder.bus import Bus
from microcoder.core.clock import Clock, utc_now
from microcoder.host import Runtime, ServiceSettings
from microcoder.store import Store
from microcoder.telemetry import Metrics

S = TypeVar("S", bound=ServiceSettings)


class MakeRuntime(Protocol):
    """Makes a runtime for a service."""

    def __call__(self, name: str, settings: S, *, clock: Clock = utc_now) -> Runtime[S]:
        """With the test's store and bus, version `0.0.0` and fresh metrics."""


@pytest.fixture
def runtime(store: Store, bus: Bus) -> MakeRuntime:
    """See `MakeRuntime`."""

    def make(name: str, settings: S, *, clock: Clock = utc_now) -> Runtime[S]:
        return Runtime(
            name=name,
            version="0.0.0",
            settings=settings,
            store=store,
            bus=bus,
            clock=clock,
            metrics=Metrics(process=False),
        )

    return make
