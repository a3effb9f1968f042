"""Kafka only: the broker dies or hangs, and comes back."""

import asyncio
import os
import signal
from collections import defaultdict

import pytest

from microcoder.bus import BusSettings, KafkaSettings, decode_event, local_kafka, open_bus
from microcoder.core.errors import Unavailable

from .support import Collector, Harness, Seen, working


@pytest.mark.kafka
async def test_a_broker_that_is_killed_and_restarted_under_load_loses_nothing(
    request: pytest.FixtureRequest,
) -> None:
    broker = _own_broker(request)
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


@pytest.mark.kafka
async def test_a_producer_survives_a_broker_that_hangs_for_longer_than_it_waits(request: pytest.FixtureRequest) -> None:
    broker = _own_broker(request)
    impatient = KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers, request_timeout_s=1, delivery_timeout_s=2, session_timeout_s=6
    )
    settings = BusSettings(kafka=impatient)
    bus = await open_bus(settings)
    harness = await Harness.make(bus, settings)
    await harness.send([("p", 1)])
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await asyncio.wait_for(harness.send([("p", 2)]), 20)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    async with asyncio.timeout(30):
        while True:  # kafka-python's own producer would never send again
            try:
                await harness.send([("p", 3)])
            except Unavailable:
                continue
            break
    sent = [decode_event(message.value).problem_collected.revision for message in await harness.all_of(harness.topic)]
    assert sent[0] == 1
    assert sent[-1] == 3
    await bus.close()


def _own_broker(request: pytest.FixtureRequest) -> local_kafka.KafkaProcess:
    if os.environ.get("MICROCODER_TEST_KAFKA"):
        pytest.skip("the broker of MICROCODER_TEST_KAFKA is not ours to kill")
    broker: local_kafka.KafkaProcess = request.getfixturevalue("kafka_broker")
    return local_kafka.start(broker.folder)


def _firsts_in_order(seen: list[Seen]) -> bool:
    """Whether each key's numbers came in order, repeats left out."""
    firsts: dict[str, list[int]] = defaultdict(list)
    for key, number in dict.fromkeys(seen):
        firsts[key].append(number)
    return all(numbers == sorted(numbers) for numbers in firsts.values())
