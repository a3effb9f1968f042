"""Streams of states, and sizes of pages."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from microcoder.core.errors import InvalidArgument, Unavailable
from microcoder.rpc import Registration, RpcServer, RpcSettings, open_channel, page_size, watch
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, JudgeStub, add_JudgeServicer_to_server


class Counter:
    """A record that changes when told."""

    def __init__(self) -> None:
        self.value = 0
        self.reads = 0

    async def read(self) -> int:
        self.reads += 1
        return self.value


async def test_now_then_changes_then_the_end() -> None:
    record = Counter()
    seen = []
    async for value in watch(record.read, ended=lambda v: v == 3, min_interval_s=0.001):
        seen.append(value)
        record.value += 1
    assert seen == [0, 1, 2, 3]


async def test_what_has_ended_is_given_once() -> None:
    record = Counter()
    assert [v async for v in watch(record.read, ended=lambda _: True)] == [0]
    assert record.reads == 1


async def test_nothing_new_is_asked_for_ever_more_slowly() -> None:
    record = Counter()
    stream = watch(record.read, ended=lambda v: v > 0, min_interval_s=0.01, max_interval_s=0.1)
    assert await anext(stream) == 0
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.5)
    assert 5 <= record.reads <= 14  # 50 at an even pace of 10 ms
    started = time.monotonic()
    record.value = 1
    assert await asyncio.wait_for(waiting, 1) == 1
    assert time.monotonic() - started < 0.3


async def test_an_error_of_the_store_ends_the_stream() -> None:
    async def read() -> int:
        raise Unavailable("away")

    with pytest.raises(Unavailable):
        async for _ in watch(read, ended=lambda _: False):
            pass


class Watching(JudgeServicer):
    """Streams a state that never ends."""

    async def StreamSubmission(  # noqa: N802
        self, request: pb.StreamSubmissionRequest, context: Any
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        async for _ in watch(Counter().read, ended=lambda _: False):
            yield pb.StreamSubmissionResponse()


async def test_a_server_that_ends_does_not_wait_for_watchers() -> None:
    servicer = Watching()  # type: ignore[abstract]  # what is not asked for stays unimplemented
    server = RpcServer(
        RpcSettings(port=0),
        [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)],
    )
    async with open_channel(f"127.0.0.1:{await server.start()}") as channel:
        stream = aiter(JudgeStub(channel).StreamSubmission(pb.StreamSubmissionRequest(), timeout=60))
        await anext(stream)
        draining = asyncio.create_task(server.drain(30))
        with pytest.raises(Unavailable, match="watch again") as caught:
            await anext(stream)
        assert caught.value.reason == "DRAINING"
        await asyncio.wait_for(draining, 2)


def test_page_sizes() -> None:
    assert [page_size(n) for n in (0, 1, 500)] == [50, 1, 500]
    for wrong in (-1, 501):
        with pytest.raises(InvalidArgument) as caught:
            page_size(wrong)
        assert "page_size" in caught.value.fields
