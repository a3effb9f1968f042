"""A thread that owns one connection, so that no database call ever blocks an event loop."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Literal, TypeVar

from microcoder.bus.embedded.database import connect, sqlite_errors
from microcoder.core.errors import Unavailable

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[Connection], Any]]


class DatabaseThread:
    """Runs jobs one by one on its own connection, and `idle` between them.

    Args:
        path: The bus file.
        synchronous: See `database`.
        name: Of the thread, for a person who looks at stacks.
        idle: Called whenever no job came for `idle_every_s`; must not raise.
        idle_every_s: See `idle`.
    """

    def __init__(
        self,
        path: Path,
        *,
        synchronous: Literal["FULL", "NORMAL"],
        name: str,
        idle: Callable[[Connection], None] | None = None,
        idle_every_s: float | None = None,
    ) -> None:
        self._path = path
        self._idle = idle
        self._idle_every_s = idle_every_s if idle else None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._stopped = False
        self._connection = connect(path, synchronous=synchronous)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[Connection], T]) -> T:
        """The result of `job` in the thread. A caller that is cancelled does not end a job that runs already.

        Raises:
            Unavailable: The file cannot be used now, or the thread was stopped.
        """
        if self._stopped:
            raise Unavailable(f"the bus on {self._path} is closed")
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return await asyncio.wrap_future(future)

    async def stop(self) -> None:
        """Ends the thread after the jobs that wait, and closes the connection."""
        if not self._stopped:
            self._stopped = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while True:
            try:
                item = self._jobs.get(timeout=self._idle_every_s)
            except queue.Empty:
                if self._idle is not None:
                    self._idle(self._connection)
                continue
            if item is None:
                break
            self._perform(*item)
            del item  # a result must not live on in the frame of a thread that waits
        self._connection.close()

    def _perform(self, future: "Future[Any]", job: Callable[[Connection], Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            with sqlite_errors(self._path):
                result = job(self._connection)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who awaits it
            future.set_exception(error)
        else:
            future.set_result(result)
