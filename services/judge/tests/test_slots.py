import asyncio

import pytest

from microcoder.core.errors import ResourceExhausted
from microcoder.judge.slots import SlotPool


async def test_never_more_runs_than_slots() -> None:
    pool = SlotPool(slots=3, max_submissions=100)
    running = most = 0

    async def run(key: int) -> None:
        nonlocal running, most
        async with pool.slot((key, 0)):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(run(key % 4) for key in range(50)))
    assert most == 3
    assert (pool.busy, pool.waiting) == (0, 0)


async def test_a_submission_with_many_runs_does_not_hold_up_one_with_few() -> None:
    pool = SlotPool(slots=1, max_submissions=100)
    order: list[str] = []

    async def run(key: str) -> None:
        async with pool.slot((key, 0)):
            order.append(key)
            await asyncio.sleep(0)

    many = [asyncio.create_task(run("many")) for _ in range(10)]
    await asyncio.sleep(0)
    few = asyncio.create_task(run("few"))
    await asyncio.gather(*many, few)
    assert order.index("few") <= 3


async def test_giving_up_while_waiting_frees_nothing_and_blocks_nobody() -> None:
    pool = SlotPool(slots=1, max_submissions=100)
    entered = asyncio.Event()

    async def hold(until: asyncio.Event) -> None:
        async with pool.slot(("a", 0)):
            entered.set()
            await until.wait()

    done = asyncio.Event()
    holder = asyncio.create_task(hold(done))
    await entered.wait()
    waiter = asyncio.create_task(hold(done))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert (pool.busy, pool.waiting) == (1, 0)
    done.set()
    await holder
    async with pool.slot(("b", 0)):
        assert pool.busy == 1


async def test_cancelled_just_when_it_is_its_turn() -> None:
    pool = SlotPool(slots=1, max_submissions=100)

    async def touch() -> None:
        async with pool.slot(("x", 0)):
            pass

    async with pool.slot(("a", 0)):
        waiter = asyncio.create_task(touch())
        await asyncio.sleep(0)
    waiter.cancel()  # the slot was handed to it, and it has not run since
    await asyncio.gather(waiter, return_exceptions=True)
    assert pool.busy == 0


async def test_too_many_submissions_are_turned_away_but_our_own() -> None:
    pool = SlotPool(slots=1, max_submissions=1)
    with pool.submission() as first:
        with pytest.raises(ResourceExhausted) as error, pool.submission():
            pass
        assert error.value.retry_after_s > 0
        with pool.submission(own=True) as second:
            assert second != first
    with pool.submission():
        pass


async def test_what_cannot_be_done_before_its_deadline_is_not_begun() -> None:
    pool = SlotPool(slots=1, max_submissions=100)

    async def take(seconds: float) -> None:
        async with pool.slot(("x", 0)):
            await asyncio.sleep(seconds)

    await take(0.2)
    waiting = [asyncio.create_task(take(0)) for _ in range(101)]
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="deadline"), pool.submission(deadline_s=0.01):
        pass
    with pool.submission(deadline_s=60):
        pass
    await asyncio.gather(*waiting)


async def test_owners_take_turns_before_their_submissions() -> None:
    pool = SlotPool(slots=1, max_submissions=100)
    order: list[str] = []

    async def run(owner: str) -> None:
        with pool.submission(fair_key=owner) as key:
            async with pool.slot(key):
                order.append(owner)
                await asyncio.sleep(0)

    async with pool.slot(("busy", 0)):
        waiting = [asyncio.create_task(run(owner)) for owner in ["big"] * 4 + ["small"] * 2]
        await asyncio.sleep(0)
        assert pool.waiting == 6
    await asyncio.gather(*waiting)
    assert order == ["big", "small", "big", "small", "big", "big"]
    assert pool.waiting == 0
