"""One service process, from its start to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Generic, TypeVar

from microcoder.bus import Bus, ensure_all_topics, open_bus
from microcoder.core.errors import MicrocoderError
from microcoder.host.lag import LagProbe
from microcoder.host.lifecycle import Budget, Crashed, StartupError, Stop, Stopped, bounded, keep_running, need, unless
from microcoder.host.observers import RpcObserver
from microcoder.host.outbox import OutboxRelay
from microcoder.host.runtime import Parts, Runtime
from microcoder.host.settings import ServiceSettings
from microcoder.rpc import RpcServer
from microcoder.store import Store
from microcoder.telemetry import AdminServer, Metric, Metrics, Readiness, get_logger

S = TypeVar("S", bound=ServiceSettings)
Build = Callable[[Runtime[S]], Awaitable[Parts]]
Running = asyncio.Task[None]

_WORK_SHARE = 0.8
"""Of the drain budget, for calls and messages in hand; the rest is for the outbox and for closing."""
_CANCEL_S = 1.0
"""For what is to end at once: cancelled calls, closing after the budget is spent."""

_HEALTH_S = 2.0
"""Between two looks at a service's own checks."""

_LOG = get_logger(__name__)


class ServiceProcess(Generic[S]):
    """Starts what a service needs, in order; runs it; ends it in the opposite order within a budget."""

    def __init__(self, name: str, version: str, settings: S, build: Build[S], *, stop: Stop) -> None:
        self._name = name
        self._version = version
        self._settings = settings
        self._build = build
        self._stop = stop
        self._metrics = Metrics()
        self._readiness = Readiness()
        self._ending = AsyncExitStack()
        self._drain = Budget(settings.host.drain_budget_s)

    async def run(self) -> None:
        """Runs until `stop` is asked for.

        Raises:
            StartupError: A dependency is not there.
            Exception: Whatever ended a worker or a task; everything else was drained before.
        """
        try:
            async with self._ending:
                await self._run_until_drain()
        finally:
            _LOG.info("ended")

    async def _run_until_drain(self) -> None:
        try:
            await self._run()
        except Stopped:
            _LOG.info("stopped before it was ready")
        finally:
            self._drain = Budget(self._settings.host.drain_budget_s)
            self._set_ready(ready=False)

    async def _run(self) -> None:
        self._metrics.set(Metric.BUILD_INFO, 1, service=self._name, version=self._version)
        admin = AdminServer(self._settings.admin, self._metrics, self._readiness)
        self._at_end("admin port", admin.stop)
        await admin.start()

        runtime = await self._open()
        parts = await unless(self._stop, self._build(runtime))
        for close in parts.close:
            self._at_end("close", close)

        lag = LagProbe(runtime.bus, parts.workers, self._metrics, interval_s=self._settings.host.lag_interval_s)
        self._readiness.add("bus", lag.check)
        tasks = [self._start("lag", lag.run), *self._start_outbox(parts, runtime), *self._start_tasks(parts)]
        server = RpcServer(self._settings.rpc, parts.servicers, observer=RpcObserver(self._metrics))
        self._at_end("calls and messages", lambda: self._finish_work(server, parts))
        await server.start()
        self._readiness.add("rpc", server.check)
        tasks += self._start_checks(parts, server)
        workers = [asyncio.create_task(worker.run(), name=f"worker {i}") for i, worker in enumerate(parts.workers)]
        await server.set_serving()
        self._set_ready(ready=True)
        _LOG.info("ready", rpc_port=server.port, admin_port=admin.port, workers=len(workers), tasks=len(parts.tasks))
        await self._until_stop_or_crash(workers, tasks)

    async def _open(self) -> Runtime[S]:
        """The store and the bus, waited for within the start-up budget."""
        budget = Budget(self._settings.host.startup_budget_s)
        store = await need("The store", self._open_store, budget=budget, stop=self._stop)
        self._readiness.add("store", store.ping)
        if self._settings.host.migrate:
            await self._migrate(store)
        bus = await need("The bus", self._open_bus, budget=budget, stop=self._stop)
        await need("The topics", lambda: self._ensure_topics(bus), budget=budget, stop=self._stop)
        return Runtime(
            name=self._name, version=self._version, settings=self._settings, store=store, bus=bus, metrics=self._metrics
        )

    async def _open_store(self) -> Store:
        store = await Store.open(self._settings.store)
        try:
            await store.ping()
        except BaseException:
            await store.close()
            raise
        self._at_end("store", store.close)
        return store

    async def _migrate(self, store: Store) -> None:
        """Takes as long as it takes: an index over a full collection may be minutes."""
        try:
            await unless(self._stop, store.migrate())
        except MicrocoderError as error:
            raise StartupError(f"The store's migrations failed: {error.message}") from error

    async def _open_bus(self) -> Bus:
        bus = await open_bus(self._settings.bus)
        self._at_end("bus", bus.close)
        return bus

    async def _ensure_topics(self, bus: Bus) -> None:
        await ensure_all_topics(bus, partitions=self._settings.bus.partitions)

    def _start_outbox(self, parts: Parts, runtime: Runtime[S]) -> list[Running]:
        if not parts.outboxes:
            return []
        interval_s = self._settings.host.outbox_interval_s
        relay = OutboxRelay(parts.outboxes, runtime.bus, self._metrics, interval_s=interval_s)
        self._at_end("outbox", relay.flush)
        return [self._start("outbox", relay.run)]

    def _start_tasks(self, parts: Parts) -> list[Running]:
        return [self._start(f"task {i} ({_name_of(work)})", work) for i, work in enumerate(parts.tasks)]

    def _start_checks(self, parts: Parts, server: RpcServer) -> list[Running]:
        """Readiness asks them when it is asked; gRPC's health is told of them."""
        for name, check in parts.checks.items():
            self._readiness.add(name, check)
        own = Readiness()
        for name, check in parts.checks.items():
            own.add(name, check)
        if not parts.checks:
            return []
        return [self._start("health", lambda: _tell_health(own, server))]

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> Running:
        task = asyncio.create_task(keep_running(name, work), name=name)
        self._at_end(name, lambda: _cancel(task))
        return task

    async def _until_stop_or_crash(self, workers: list[Running], tasks: list[Running]) -> None:
        """Returns when the process is asked to stop; raises what ended a worker or a task."""
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        running = {stopping, *workers, *tasks}
        while stopping in running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                error = _error_of(task, may_end=task in tasks)
                if error is not None:
                    _LOG.error("crashed, the process ends", part=task.get_name(), exc_info=error)
                    raise Crashed(task.get_name()) from error

    async def _finish_work(self, server: RpcServer, parts: Parts) -> None:
        """Calls and messages end side by side: they share the budget, and what comes after needs a part of it."""
        grace_s = self._drain.left_s(share=_WORK_SHARE)
        await asyncio.gather(
            bounded("calls", server.drain(grace_s), grace_s + _CANCEL_S),
            *(bounded("worker", worker.drain(), grace_s) for worker in parts.workers),
        )

    def _set_ready(self, *, ready: bool) -> None:
        self._readiness.open = ready
        self._metrics.set(Metric.READY, int(ready))

    def _at_end(self, step: str, close: Callable[[], Awaitable[object]]) -> None:
        async def run_step() -> None:
            await bounded(step, close(), max(self._drain.left_s(), _CANCEL_S))

        self._ending.push_async_callback(run_step)


async def _tell_health(readiness: Readiness, server: RpcServer) -> None:
    while True:
        results = await readiness.results()
        await server.set_serving(serving=all(result.ok for result in results.values()))
        await asyncio.sleep(_HEALTH_S)


async def _cancel(task: Running) -> None:
    task.cancel()
    await asyncio.wait({task})


def _error_of(task: Running, *, may_end: bool) -> BaseException | None:
    """What is wrong with a worker or task that has ended while the process runs."""
    if task.cancelled():
        return RuntimeError("was cancelled from inside")
    return task.exception() or (None if may_end else RuntimeError("ended by itself"))


def _name_of(work: Callable[[], Awaitable[None]]) -> str:
    return getattr(work, "__qualname__", type(work).__name__)
