"""A bus of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from microcoder.bus import Bus, BusSettings, decode_event, ensure_all_topics, open_bus
from microcoder.v1 import events_pb2
from microcoder.wire import Topic


@pytest.fixture
def bus_settings(tmp_path: Path) -> BusSettings:
    """The embedded bus on a file of this test."""
    return BusSettings(path=tmp_path / "bus.sqlite3")


@pytest_asyncio.fixture
async def bus(bus_settings: BusSettings) -> AsyncIterator[Bus]:
    """An empty embedded bus with all topics."""
    opened = await open_bus(bus_settings)
    try:
        await ensure_all_topics(opened, partitions=bus_settings.partitions)
        yield opened
    finally:
        await opened.close()


async def events_on(bus: Bus, topic: Topic) -> list[events_pb2.Event]:
    """Every event that was sent to `topic` so far, partition by partition."""
    return [decode_event(message.value) async for message in bus.read(topic)]
