"""One suite, two buses: every test here runs once on the embedded bus and once on a real Kafka."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from microcoder.bus import Bus, BusSettings, KafkaSettings, local_kafka, open_bus
from microcoder.core.errors import MicrocoderError

from .support import Harness


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local_kafka.KafkaProcess]:
    """A broker of this test run, which tests may kill and start again."""
    if reason := local_kafka.missing_tools():
        pytest.skip(f"no Kafka to test on: {reason}; or name a broker in MICROCODER_TEST_KAFKA=host:port")
    folder = tmp_path_factory.mktemp("kafka")
    try:
        broker = local_kafka.start(folder)
    except MicrocoderError as error:
        pytest.skip(f"no Kafka to test on: {error}")
    yield broker
    last = local_kafka.running(folder)
    if last is not None:
        last.kill()


@pytest.fixture(
    params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)],
)
def bus_settings(request: pytest.FixtureRequest, tmp_path: Path) -> BusSettings:
    if request.param == "embedded":
        return BusSettings(path=tmp_path / "bus.sqlite3", session_timeout_s=1.5)
    servers = os.environ.get("MICROCODER_TEST_KAFKA", "")
    if not servers:
        servers = request.getfixturevalue("kafka_broker").bootstrap_servers
    return BusSettings(kafka=KafkaSettings(bootstrap_servers=servers, session_timeout_s=6))


@pytest.fixture
async def bus(bus_settings: BusSettings) -> AsyncIterator[Bus]:
    opened = await open_bus(bus_settings)
    yield opened
    await opened.close()


@pytest.fixture
async def harness(bus: Bus, bus_settings: BusSettings) -> Harness:
    return await Harness.make(bus, bus_settings)
