"""Callers that wait at the same time share one write."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from microcoder.bus.port import Record
from microcoder.core.errors import MicrocoderError, Unavailable

Batches = Sequence[Sequence[Record]]
Results = Sequence[MicrocoderError | None]

_MAX_BATCHES = 1000
_Waiting = tuple[Sequence[Record], "asyncio.Future[None]"]


class Batcher:
    """Passes records on to `write`, one write at a time, each with all that gathered during the one before.

    Args:
        write: Writes several callers' batches; gives, per batch, None or why it is not known to be written.
    """

    def __init__(self, write: Callable[[Batches], Awaitable[Results]]) -> None:
        self._write = write
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, records: Sequence[Record]) -> None:
        """Returns when `records` are written.

        Raises:
            MicrocoderError: They are not known to be.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((records, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._work())
        await done

    async def close(self) -> None:
        """Waits until everything is written."""
        if self._writer is not None:
            await self._writer

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:_MAX_BATCHES], self._waiting[_MAX_BATCHES:]
                await self._write_all(taken)
        finally:
            self._writer = None

    async def _write_all(self, taken: Sequence[_Waiting]) -> None:
        results: Sequence[Exception | None]
        try:
            results = await self._write([records for records, _ in taken])
        except asyncio.CancelledError:
            _settle(taken, [Unavailable("the program ends; whether these records are kept is not known")] * len(taken))
            raise
        except Exception as error:  # noqa: BLE001 - raised where the callers wait
            results = [error] * len(taken)
        _settle(taken, results)


def _settle(taken: Sequence[_Waiting], results: Sequence[Exception | None]) -> None:
    for (_, done), error in zip(taken, results, strict=True):
        if done.done():
            continue  # its caller was cancelled
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
