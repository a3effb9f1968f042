"""Work that comes as a stream: some at a time, answered as it is done."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


async def answers(
    requests: AsyncIterator[Q], work: Callable[[Q], Awaitable[A]], *, at_a_time: int
) -> AsyncGenerator[A, None]:
    """What `work` makes of each request, in the order in which it is done.

    No more than `at_a_time` requests are taken whose answers were not taken yet, so that a fast sender and a slow
    reader both wait. Closing the iterator cancels what is under way. An error of `work` or of `requests` ends it.
    """
    done: asyncio.Queue[A | None] = asyncio.Queue()
    room = asyncio.Semaphore(at_a_time)

    async def one(request: Q) -> None:
        done.put_nowait(await work(request))

    async def feed() -> None:
        async with asyncio.TaskGroup() as group:
            async for request in requests:
                await room.acquire()
                group.create_task(one(request))

    feeding = asyncio.create_task(feed())
    feeding.add_done_callback(lambda _: done.put_nowait(None))
    try:
        while (answer := await done.get()) is not None:
            room.release()
            yield answer
        await _ended(feeding)
    finally:
        feeding.cancel()
        await asyncio.wait({feeding})


async def _ended(feeding: "asyncio.Task[None]") -> None:
    try:
        await feeding
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
