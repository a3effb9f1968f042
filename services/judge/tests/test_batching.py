import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from microcoder.judge.batching import answers


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


class Work:
    """Counts what is under way; the first request takes longest."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0
        self.cancelled = 0

    async def __call__(self, number: int) -> int:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.05 if number == 0 else 0.001)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        return number


async def test_answers_come_as_they_are_done() -> None:
    work = Work()
    found = [answer async for answer in answers(numbers(20), work, at_a_time=3)]
    assert sorted(found) == list(range(20))
    assert found[-1] != 0 or found.index(0) > 0
    assert work.most == 3


async def test_a_slow_reader_holds_back_the_sender() -> None:
    asked: list[int] = []

    async def sender() -> AsyncIterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    async with aclosing(answers(sender(), Work(), at_a_time=2)) as found:
        await anext(found)
        await asyncio.sleep(0.1)
        assert len(asked) <= 5


async def test_closing_cancels_what_is_under_way() -> None:
    work = Work()
    async with aclosing(answers(numbers(5), work, at_a_time=5)) as found:
        await anext(found)
    assert work.under_way == 0
    assert work.cancelled == 1


async def test_an_error_ends_it_as_itself() -> None:
    async def work(number: int) -> int:
        if number:
            raise ValueError("no")
        await asyncio.sleep(10)
        return number

    with pytest.raises(ValueError, match="no"):
        [answer async for answer in answers(numbers(2), work, at_a_time=2)]
