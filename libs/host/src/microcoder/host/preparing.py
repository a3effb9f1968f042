"""Brings the store and the bus up to this version: indexes and topics. What a deployment does before its services."""

import asyncio

from pydantic import Field

from microcoder.bus import BusSettings, ensure_all_topics, open_bus
from microcoder.config import Settings
from microcoder.host.lifecycle import Budget, Stop, need
from microcoder.store import Store, StoreSettings
from microcoder.telemetry import LogSettings, get_logger

_LOG = get_logger(__name__)


class PrepareSettings(Settings):
    """What the command reads."""

    store: StoreSettings = Field(default_factory=StoreSettings)
    bus: BusSettings = Field(default_factory=BusSettings)
    log: LogSettings = LogSettings()


async def prepare(settings: PrepareSettings, *, budget_s: float) -> None:
    """Migrates the store and creates the topics. Idempotent, and safe beside running services.

    Args:
        settings: Where the store and the bus are.
        budget_s: How long they may take to answer, seconds. The migrations themselves take as long as they take.

    Raises:
        StartupError: One of them did not answer, or refuses us.
        MicrocoderError: A migration failed.
    """
    stop = Stop()
    stop.listen()
    budget = Budget(budget_s)
    store = await need("The store", lambda: Store.open(settings.store), budget=budget, stop=stop)
    try:
        _LOG.info("store is up to date", migrations=await store.migrate())
    finally:
        await store.close()
    bus = await need("The bus", lambda: open_bus(settings.bus), budget=budget, stop=stop)
    try:
        topics = ensure_all_topics(bus, partitions=settings.bus.partitions)
        await asyncio.wait_for(topics, budget_s)
        _LOG.info("topics are there", partitions=settings.bus.partitions)
    finally:
        await bus.close()
