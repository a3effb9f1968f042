"""Leader election on a lease in a real store, with short times."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from microcoder.core.errors import Unavailable
from microcoder.core.lease import Lease
from microcoder.scraper.adapters.leases import StoredLease
from microcoder.scraper.domain.election import given_up, may_take, sighted, taken
from microcoder.scraper.leadership import Alone, Elected, ElectionTimes
from microcoder.store import Store
from microcoder.testing.builders import NOW

LEASE = Lease(id="l", holder="a", duration_s=15, acquired_time=NOW, renewed_time=NOW)
FAST = ElectionTimes(lease_s=3.0, renew_deadline_s=2.0, retry_s=0.1)


def test_a_foreign_lease_is_left_alone_until_its_holder_was_silent_for_its_whole_time() -> None:
    first = sighted(None, LEASE, now_s=100)
    assert not may_take(first, "b", 114.9)
    assert may_take(first, "b", 115)
    assert may_take(first, "a", 100)


def test_any_change_is_a_sign_of_life_whatever_time_is_written_in_it() -> None:
    first = sighted(None, LEASE, now_s=100)
    assert sighted(first, LEASE, now_s=110) is first
    skewed = replace(LEASE, renewed_time=NOW - timedelta(days=1))
    assert not may_take(sighted(first, skewed, now_s=110), "b", 124.9)


def test_taking_over_counts_and_renewing_does_not() -> None:
    later = NOW + timedelta(seconds=5)
    renewed = taken(LEASE, "a", 15, later)
    assert (renewed.acquired_time, renewed.renewed_time, renewed.transitions) == (NOW, later, 0)
    took = taken(LEASE, "b", 15, later)
    assert (took.holder, took.acquired_time, took.transitions) == ("b", later, 1)
    assert may_take(sighted(None, given_up(LEASE, later), now_s=0), "b", 0)


class Flaky(StoredLease):
    """The lease as a process sees it that can lose the store."""

    away = False

    async def read(self) -> Lease | None:
        if self.away:
            raise Unavailable("the store is away")
        return await super().read()


class Replica:
    """Competes, and notes when it works."""

    def __init__(self, store: Store, name: str, log: list[str]) -> None:
        self.leases = Flaky(store.leases, "test")
        self.elected = Elected("test", name, self.leases, FAST)
        self.name = name
        self.log = log
        self.working = 0

    def start(self) -> None:
        self.running = asyncio.ensure_future(self.elected.run())
        self.leading = asyncio.ensure_future(self.elected.lead(self.work))

    async def work(self) -> None:
        self.log.append(f"{self.name} begins")
        self.working += 1
        try:
            await asyncio.sleep(3600)
        finally:
            self.working -= 1
            self.log.append(f"{self.name} ends")

    async def stop(self) -> None:
        """In order, as a service drains."""
        for task in (self.leading, self.running):
            task.cancel()
            await asyncio.wait({task})


async def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for sets no events
            await asyncio.sleep(0.01)


async def test_one_works_until_it_loses_the_lease_and_then_the_other(store: Store) -> None:
    log: list[str] = []
    replicas = [Replica(store, name, log) for name in "ab"]
    for replica in replicas:
        replica.start()
    await until(lambda: log)
    await asyncio.sleep(FAST.lease_s * 1.1)
    assert len(log) == 1
    first = next(replica for replica in replicas if replica.working)
    (second,) = {*replicas} - {first}
    first.leases.away = True
    await until(lambda: second.working)
    assert log == [f"{first.name} begins", f"{first.name} ends", f"{second.name} begins"]
    first.leases.away = False
    await asyncio.sleep(FAST.retry_s * 5)
    assert not first.working
    for replica in replicas:
        await replica.stop()
    lease = await store.leases.get("test")
    assert (lease.holder, lease.transitions) == ("", 1)


async def test_one_that_ends_in_order_is_followed_at_once(store: Store) -> None:
    log: list[str] = []
    a, b = Replica(store, "a", log), Replica(store, "b", log)
    a.start()
    await until(lambda: a.working)
    b.start()
    await asyncio.sleep(FAST.retry_s)
    await a.stop()
    await until(lambda: b.working, FAST.lease_s)
    await b.stop()


async def test_an_error_of_the_work_is_raised_to_who_supervises_it(store: Store) -> None:
    async def fail() -> None:
        raise Unavailable("the store is away")

    elected = Elected("test", "a", StoredLease(store.leases, "test"), FAST)
    running = asyncio.ensure_future(elected.run())
    with pytest.raises(Unavailable):
        await asyncio.wait_for(elected.lead(fail), 5)
    running.cancel()
    await asyncio.wait({running})
    with pytest.raises(Unavailable):
        await Alone().lead(fail)
