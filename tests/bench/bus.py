"""The embedded bus, Kafka by our adapter, and bare kafka-python on the same broker, in one run.

python -m tests.bench bus [--records 20000] [--rounds 3] [--kafka HOST:PORT] [--json]

Records are events of about 1 KiB. `send` writes them 500 at a time and waits for each 500 to be durable (embedded: on
the disk; Kafka: acknowledged by all replicas, which is one). `send alone` waits for each; `send by 32` has 32 callers
that each wait for each. `receive` polls and commits every 500. `handle` is a worker with a handler that does nothing.
`trip` is the median time from a send to its handler, in milliseconds. Bare kafka-python has the producer's batching of
our adapter (linger 20 ms, 128 KiB, flush) and defaults otherwise; it has no worker, so those columns are empty. The
broker is the one of `local_kafka` unless one is named.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from microcoder.bus import Bus, BusSettings, KafkaSettings, Record, Worker, encode_event, local_kafka, open_bus
from microcoder.core.clock import utc_now
from microcoder.core.errors import MicrocoderError
from microcoder.v1 import events_pb2 as pb
from microcoder.wire import new_event

BATCH = 500
ALONE = 200
CALLERS = 32
TRIPS = 50
Figures = dict[str, float]


def make_records(topic: str, count: int) -> list[Record]:
    """Events of about 1 KiB for `topic`, of 200 keys."""
    filler = "x" * 900
    payloads = [pb.ProblemRejected(problem_id=f"p{i % 200}", revision=i, message=filler) for i in range(count)]
    events = [new_event(payload, producer="bench/1", occurred_time=utc_now()) for payload in payloads]
    return [replace(encode_event(event), topic=topic) for event in events]


async def measure_bus(bus: Bus, count: int) -> Figures:
    """Every figure of one bus."""
    topic = f"bench.{uuid.uuid4().hex[:8]}"
    await bus.ensure_topics([topic, f"{topic}.retry", f"{topic}.dlq"], partitions=4)
    records = make_records(topic, count)
    await bus.produce(records[:1])  # the first send connects
    batches = [records[i : i + BATCH] for i in range(1, count, BATCH)]
    figures = {"send": count / await _seconds(_send_one_after_the_other(bus, batches))}
    figures["receive"] = await _receive(bus, topic, count)
    figures["handle"] = await _handle(bus, topic, count)
    alone = [[record] for record in records[:ALONE]]
    figures["send alone"] = ALONE / await _seconds(_send_one_after_the_other(bus, alone))
    lanes = [alone[:100] for _ in range(CALLERS)]
    side_by_side = asyncio.gather(*(_send_one_after_the_other(bus, lane) for lane in lanes))
    figures["send by 32"] = CALLERS * 100 / await _seconds(side_by_side)
    figures["trip"] = await _trip(bus)
    return figures


async def _send_one_after_the_other(bus: Bus, batches: list[list[Record]]) -> None:
    for batch in batches:
        await bus.produce(batch)


async def _receive(bus: Bus, topic: str, count: int) -> float:
    consumer = await bus.consumer([topic], group="receive")
    got = len(await consumer.poll(max_records=BATCH, timeout_s=1))
    while not got:
        got = len(await consumer.poll(max_records=BATCH, timeout_s=1))
    before, started = got, time.perf_counter()
    while got < count:
        messages = await consumer.poll(max_records=BATCH, timeout_s=1)
        await consumer.commit({message.source: message.offset + 1 for message in messages})
        got += len(messages)
    rate = (got - before) / (time.perf_counter() - started)
    await consumer.close()
    return rate


async def _handle(bus: Bus, topic: str, count: int) -> float:
    times: list[float] = []
    done = asyncio.Event()

    async def handle(_: pb.Event) -> None:
        times.append(time.perf_counter())
        if len(times) == count:
            done.set()

    async with _working(Worker(bus, group="handle", topics=[topic], handle=handle)):
        await asyncio.wait_for(done.wait(), 300)
    return (count - 1) / (times[-1] - times[0])


async def _trip(bus: Bus) -> float:
    topic = f"bench.{uuid.uuid4().hex[:8]}"
    await bus.ensure_topics([topic, f"{topic}.retry", f"{topic}.dlq"], partitions=4)
    arrived = asyncio.Event()

    async def handle(_: pb.Event) -> None:
        arrived.set()

    trips = []
    async with _working(Worker(bus, group="trip", topics=[topic], handle=handle)):
        for record in make_records(topic, TRIPS + 1):
            arrived.clear()
            started = time.perf_counter()
            await bus.produce([record])
            await asyncio.wait_for(arrived.wait(), 60)
            trips.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(0.01)
    return statistics.median(trips[1:])  # the first waits for the group to form


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    yield
    await worker.drain()
    await task


async def _seconds(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def measure_bare(servers: str, topic: str, count: int) -> Figures:
    """kafka-python without us, on a topic that exists."""
    records = [
        (r.key.encode(), r.value, [(k, v.encode()) for k, v in r.headers.items()]) for r in make_records(topic, count)
    ]
    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=20, batch_size=131_072)

    def send(batch: list[tuple[bytes, bytes, list[tuple[str, bytes]]]]) -> None:
        futures = [producer.send(topic, key=key, value=value, headers=headers) for key, value, headers in batch]
        producer.flush(timeout=60)
        for future in futures:
            future.get(timeout=60)

    send(records[:1])
    started = time.perf_counter()
    for i in range(1, count, BATCH):
        send(records[i : i + BATCH])
    figures = {"send": count / (time.perf_counter() - started)}
    figures["receive"] = _receive_bare(servers, topic, count)
    started = time.perf_counter()
    for record in records[:ALONE]:
        send([record])
    figures["send alone"] = ALONE / (time.perf_counter() - started)
    producer.close(timeout=10)
    return figures


def _receive_bare(servers: str, topic: str, count: int) -> float:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=uuid.uuid4().hex,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    got = 0
    while not got:
        got = sum(map(len, consumer.poll(timeout_ms=1000, max_records=BATCH).values()))
    before, started = got, time.perf_counter()
    while got < count:
        got += sum(map(len, consumer.poll(timeout_ms=1000, max_records=BATCH).values()))
        consumer.commit()
    rate = (got - before) / (time.perf_counter() - started)
    consumer.close()
    return rate


async def measure(count: int, rounds: int, servers: str) -> dict[str, Figures]:
    """Medians of `rounds`, the three taking turns."""
    found: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            path = Path(folder) / f"{turn}.sqlite3"
            found.setdefault("embedded", []).append(await _with_bus(BusSettings(path=path), count))
            if servers:
                settings = BusSettings(kafka=KafkaSettings(bootstrap_servers=servers))
                found.setdefault("kafka", []).append(await _with_bus(settings, count))
                bare = await _bare_topic(settings)
                found.setdefault("bare", []).append(await asyncio.to_thread(measure_bare, servers, bare, count))
    return {
        name: {figure: statistics.median(turn[figure] for turn in turns) for figure in turns[0]}
        for name, turns in found.items()
    }


async def _with_bus(settings: BusSettings, count: int) -> Figures:
    bus = await open_bus(settings)
    try:
        return await measure_bus(bus, count)
    finally:
        await bus.close()


async def _bare_topic(settings: BusSettings) -> str:
    bus = await open_bus(settings)
    topic = f"bench.{uuid.uuid4().hex[:8]}"
    await bus.ensure_topics([topic], partitions=4)
    await bus.close()
    return topic


def table(found: dict[str, Figures]) -> str:
    """Records a second, trips in milliseconds, and what each is of bare kafka-python's."""
    names = list(found["embedded"])
    lines = [f"{'':<10}" + "".join(f"{name:>14}" for name in names)]
    for bus, figures in found.items():
        lines.append(f"{bus:<10}" + "".join(f"{figures[n]:>14,.0f}" if n in figures else f"{'':>14}" for n in names))
    for name, ratios in ratios_of(found).items():
        lines.append(f"{name:<10}" + "".join(f"{ratios[n]:>14.2f}" if n in ratios else f"{'':>14}" for n in names))
    return "\n".join(lines)


def ratios_of(found: dict[str, Figures]) -> dict[str, Figures]:
    """Each bus's rates as a share of bare kafka-python's."""
    bare = found.get("bare", {})
    buses = [name for name in found if name != "bare"] if bare else []
    return {f"{name}/bare": {figure: found[name][figure] / bare[figure] for figure in bare} for name in buses}


def _broker(named: str, folder: Path) -> tuple[str, Callable[[], None]]:
    if named:
        return named, lambda: None
    try:
        broker = local_kafka.start(folder)
    except MicrocoderError as error:
        sys.stderr.write(f"without Kafka: {error}\n")
        return "", lambda: None
    return broker.bootstrap_servers, broker.stop


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kafka", default="", help="host:port of a broker")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        servers, stop = _broker(options.kafka, Path(folder) / "kafka")
        try:
            found = asyncio.run(measure(options.records, options.rounds, servers))
        finally:
            stop()
    if options.json:
        print(json.dumps({"figures": found, "ratios": ratios_of(found)}, indent=2))
    else:
        print(table(found))


if __name__ == "__main__":
    main()
