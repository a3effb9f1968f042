"""Several pieces of work at a time, but not all."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def for_each(items: Iterable[T], work: Callable[[T], Awaitable[None]], *, limit: int) -> None:
    """Runs `work` on each item, at most `limit` at a time. The first error ends the rest and is raised."""
    slots = asyncio.Semaphore(limit)

    async def one(item: T) -> None:
        async with slots:
            await work(item)

    tasks = [asyncio.create_task(one(item)) for item in items]
    try:
        await asyncio.gather(*tasks)
    finally:
        await _stop(tasks)


async def as_done(items: AsyncIterable[T], work: Callable[[T], Awaitable[R]], *, limit: int) -> AsyncGenerator[R, None]:
    """What `work` makes of each item, as soon as it is made.

    No further item is read while `limit` of them are in work or wait to be taken. Errors end the rest and are raised as
    a group.
    """
    slots = asyncio.Semaphore(limit)
    made: asyncio.Queue[R | _End] = asyncio.Queue()

    async def one(item: T) -> None:
        made.put_nowait(await work(item))

    async def start_all() -> None:
        async with asyncio.TaskGroup() as group:
            async for item in items:
                await slots.acquire()
                group.create_task(one(item))

    starting = asyncio.create_task(start_all())
    starting.add_done_callback(lambda _: made.put_nowait(_End.END))
    try:
        while not isinstance(result := await made.get(), _End):
            yield result
            slots.release()
        await starting
    finally:
        await _stop([starting])


class _End(Enum):
    END = "end"


async def _stop(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
