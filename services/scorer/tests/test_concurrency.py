import asyncio
from collections.abc import AsyncIterator

import pytest

from microcoder.scorer.concurrency import as_done, for_each


class Gauge:
    """Counts what runs at once."""

    def __init__(self) -> None:
        self.now = self.most = self.ended = 0

    async def work(self, item: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.001 * (item % 3))
            if item == 13:
                raise ValueError("unlucky")
        finally:
            self.now -= 1
            self.ended += 1
        return item


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


async def test_as_done_gives_all_and_keeps_the_limit() -> None:
    gauge = Gauge()
    results = [result async for result in as_done(numbers(13), gauge.work, limit=3)]
    assert sorted(results) == list(range(13))
    assert gauge.most == 3


async def test_as_done_reads_no_further_than_results_are_taken() -> None:
    read = []

    async def items() -> AsyncIterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    stream = as_done(items(), Gauge().work, limit=2)
    await anext(stream)
    await asyncio.sleep(0.05)
    assert len(read) <= 4
    await stream.aclose()


async def test_an_error_ends_the_rest() -> None:
    gauge = Gauge()
    with pytest.raises(ExceptionGroup):
        [result async for result in as_done(numbers(100), gauge.work, limit=2)]
    assert gauge.now == 0
    assert gauge.ended < 20


async def test_for_each_raises_the_first_error_itself() -> None:
    gauge = Gauge()

    async def work(item: int) -> None:
        await gauge.work(item)

    with pytest.raises(ValueError, match="unlucky"):
        await for_each(range(100), work, limit=4)
    assert gauge.now == 0
    assert gauge.most == 4
    assert gauge.ended < 30
