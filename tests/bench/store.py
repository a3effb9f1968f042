"""The store against the bare driver, with motor and with PyMongo, on a real mongod.

python -m tests.bench store [--records 2000] [--rounds 3] [--json]

Both sides use the same driver, connections, write concern (majority, journaled) and documents. The bare side writes and
reads prepared documents; the store's side makes them from records and back. Blobs: the bare side keeps the raw bytes in
GridFS, the store compresses, hashes and looks before it writes.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from microcoder.core.problem import Problem
from microcoder.store import Store, StoreSettings, local_mongod
from microcoder.store.codec import Codec
from microcoder.store.driver import Driver, connect
from microcoder.testing.builders import make_problem
from microcoder.testing.mongo import free_port

_DRIVERS: tuple[Literal["motor", "pymongo"], ...] = ("motor", "pymongo")
_CONCURRENCY = 32
_STATEMENT_WORDS = 600
_BLOB_LINES = 4_000

Work = Callable[[], Awaitable[int]]
"""Does the whole of one operation's work and says how many records it was."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is written and read."""

    problems: list[Problem]
    blobs: list[bytes]


def make_load(records: int, rng: random.Random) -> Load:
    """Problems of about 5 KB, and for every tenth of them a test input of about 40 KB."""
    words = [f"{rng.randrange(16**5):05x}" for _ in range(5_000)]
    problems = [
        make_problem(f"p{number:06d}", statement=" ".join(rng.choices(words, k=_STATEMENT_WORDS)))
        for number in range(records)
    ]
    blobs = ["\n".join(str(rng.randrange(10**9)) for _ in range(_BLOB_LINES)).encode() for _ in range(records // 10)]
    return Load(problems, blobs)


async def in_parallel(calls: Iterable[Callable[[], Awaitable[Any]]]) -> int:
    """Runs the calls, 32 at a time; gives their number."""
    rest, count = iter(calls), 0

    async def lane() -> None:
        nonlocal count
        for call in rest:
            await call()
            count += 1

    await asyncio.gather(*(lane() for _ in range(_CONCURRENCY)))
    return count


def store_work(store: Store, load: Load) -> dict[str, Work]:
    """The operations through the store."""
    digests: list[str] = []

    async def keep(data: bytes) -> None:
        digests.append(await store.blobs.put(data))

    async def scan() -> int:
        return len([problem async for problem in store.problems.scan()])

    return {
        "put": lambda: in_parallel(partial(store.problems.put, problem) for problem in load.problems),
        "get": lambda: in_parallel(partial(store.problems.get, problem.id) for problem in load.problems),
        "scan": scan,
        "blob put": lambda: in_parallel(partial(keep, data) for data in load.blobs),
        "blob get": lambda: in_parallel(partial(store.blobs.get, digest) for digest in digests),
    }


def bare_work(driver: Driver, load: Load) -> dict[str, Work]:
    """The same with nothing between us and the driver."""
    codec, collection, bucket = Codec(Problem), driver.collection("bare"), driver.bucket("bare", chunk_bytes=1 << 20)
    documents = [codec.encode(problem) for problem in load.problems]

    async def upsert(document: dict[str, Any]) -> None:
        fields = {name: value for name, value in document.items() if name != "_id"}
        await collection.update_one({"_id": document["_id"]}, {"$set": fields}, upsert=True)

    async def keep(name: str, data: bytes) -> None:
        upload = bucket.open_upload_stream(name, metadata={})
        await upload.write(data)
        await upload.close()

    async def fetch(name: str) -> bytes:
        return await (await bucket.open_download_stream_by_name(name)).read()

    async def scan() -> int:
        return len(await collection.find({}).sort([("_id", 1)]).to_list(None))

    names = [str(number) for number in range(len(load.blobs))]
    return {
        "put": lambda: in_parallel(partial(upsert, document) for document in documents),
        "get": lambda: in_parallel(partial(collection.find_one, {"_id": document["_id"]}) for document in documents),
        "scan": scan,
        "blob put": lambda: in_parallel(partial(keep, *blob) for blob in zip(names, load.blobs, strict=True)),
        "blob get": lambda: in_parallel(partial(fetch, name) for name in names),
    }


async def measure(settings: StoreSettings, load: Load) -> dict[str, tuple[float, float]]:
    """Per operation, records a second through the store and bare, measured one right after the other."""
    store, driver = await Store.open(settings), connect(settings)
    await store.migrate()
    ours, bare = store_work(store, load), bare_work(driver, load)
    # What exists only once is made before the clock starts: collections, and the indexes of a GridFS bucket.
    warm_up = Load(load.problems[:1], load.blobs[:1])
    for work in (*store_work(store, warm_up).values(), *bare_work(driver, warm_up).values()):
        await work()
    try:
        return {name: (await _rate(ours[name]), await _rate(bare[name])) for name in ours}
    finally:
        await store.close()
        await driver.close()


async def _rate(work: Work) -> float:
    began = time.perf_counter()
    count = await work()
    return count / (time.perf_counter() - began)


def run(records: int, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Per driver and operation: medians over the rounds. Drivers take turns, each round in a new database."""
    load = make_load(records, random.Random(0))
    found: dict[str, list[dict[str, tuple[float, float]]]] = {driver: [] for driver in _DRIVERS}
    with tempfile.TemporaryDirectory() as folder:
        mongod = local_mongod.start(Path(folder), port=free_port())
        try:
            for number in range(rounds):
                for driver in _DRIVERS:
                    database = f"bench_{driver}_{number}"
                    settings = StoreSettings(uri=SecretStr(mongod.uri), database=database, driver=driver)
                    found[driver].append(asyncio.run(measure(settings, load)))
        finally:
            mongod.stop()
    return {driver: _medians(results) for driver, results in found.items()}


def _medians(results: list[dict[str, tuple[float, float]]]) -> dict[str, dict[str, float]]:
    table = {}
    for name in results[0]:
        ours, bare = (statistics.median(result[name][side] for result in results) for side in (0, 1))
        ratio = statistics.median(result[name][0] / result[name][1] for result in results)
        table[name] = {"store_per_s": ours, "bare_per_s": bare, "ratio": ratio}
    return table


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = run(options.records, options.rounds)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{'driver':8} {'operation':10} {'store/s':>10} {'bare/s':>10} {'ratio':>6}")
    for driver, table in figures.items():
        for name, row in table.items():
            print(f"{driver:8} {name:10} {row['store_per_s']:10.0f} {row['bare_per_s']:10.0f} {row['ratio']:6.2f}")


if __name__ == "__main__":
    main()
