"""Kafka only: the broker dies under load and comes back."""

import asyncio
import os
from collections import defaultdict
from pathlib import Path

import pytest

from microcoder.bus import BusSettings, KafkaSettings, local_kafka, open_bus
from microcoder.core.errors import Unavailable

from .support import Collector, Harness, Seen, working


@pytest.mark.kafka
async def test_a_broker_that_is_killed_and_restarted_under_load_loses_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if os.environ.get("MICROCODER_TEST_KAFKA"):
        pytest.skip("the broker of MICROCODER_TEST_KAFKA is not ours to kill")
    broker: local_kafka.KafkaProcess = request.getfixturevalue("kafka_broker")
    settings = BusSettings(kafka=KafkaSettings(bootstrap_servers=broker.bootstrap_servers, session_timeout_s=6))
    bus = await open_bus(settings)
    harness = await Harness.make(bus, settings)
    collector, acknowledged, stop = Collector(), [], asyncio.Event()

    async def produce() -> None:
        number = 0
        while not stop.is_set():
            batch: list[Seen] = [(f"k{i % 20}", i) for i in range(number, number + 40)]
            try:
                await harness.send(batch)
            except Unavailable:
                continue  # the same batch again
            acknowledged.extend(batch)
            number += len(batch)

    sender = asyncio.create_task(produce())
    try:
        async with working(harness.worker(collector)):
            await collector.until_count(2000)
            await asyncio.to_thread(broker.kill)
            before = len(acknowledged)
            await asyncio.to_thread(local_kafka.start, broker.folder)
            async with asyncio.timeout(40):
                while len(acknowledged) < before + 2000:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            stop.set()
            await sender
            await collector.until(lambda seen: len(seen) >= len(acknowledged) and set(seen) >= set(acknowledged))
            await harness.until_committed()
    finally:
        stop.set()
        await sender
        await bus.close()
    assert set(collector.seen) == set(acknowledged)
    assert _firsts_in_order(collector.seen)


def _firsts_in_order(seen: list[Seen]) -> bool:
    """Whether each key's numbers came in order, repeats left out."""
    firsts: dict[str, list[int]] = defaultdict(list)
    for key, number in dict.fromkeys(seen):
        firsts[key].append(number)
    return all(numbers == sorted(numbers) for numbers in firsts.values())
