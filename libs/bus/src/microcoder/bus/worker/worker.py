"""The loop."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Sequence

from microcoder.bus.port import Bus, Consumer
from microcoder.bus.worker.backoff import Backoff
from microcoder.bus.worker.delivery import RETRY_SUFFIX
from microcoder.bus.worker.handling import Handler, Handling
from microcoder.bus.worker.intake import Intake
from microcoder.bus.worker.lanes import Lanes
from microcoder.bus.worker.observer import NullObserver, WorkerObserver
from microcoder.bus.worker.policy import WorkerPolicy
from microcoder.core.errors import MicrocoderError, Unavailable

_log = logging.getLogger(__name__)


class Worker:
    """Consumes topics and their retry topics as one member of a group and hands each event to a handler.

    At least once: a record is committed after its handler returned or after it was sent on; records with equal keys
    run one after the other, others side by side. A record that waits in the retry topic is overtaken by later ones
    of its key: handlers guard their effects by revision.

    Args:
        bus: Where from, and where failed records go.
        group: Consumers of one group share the records; each group gets all.
        topics: Names of topics, without the retry topics.
        handle: Called with each event; see `microcoder.bus.errors` for what it may raise.
        policy: Pace, retries, commits.
        observer: Hears what happens.
        service: Name and version, kept with dead letters, for example `judge/0.1.0`.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        group: str,
        topics: Sequence[str],
        handle: Handler,
        policy: WorkerPolicy | None = None,
        observer: WorkerObserver | None = None,
        service: str = "",
    ) -> None:
        self._bus = bus
        self._group = group
        self._topics = [name for topic in topics for name in (str(topic), str(topic) + RETRY_SUFFIX)]
        self._policy = policy or WorkerPolicy()
        self._observer = observer or NullObserver()
        self._handling = Handling(
            bus, group=group, service=service, handle=handle, policy=self._policy, observer=self._observer
        )
        self._lanes = Lanes()
        self._progress = asyncio.Event()
        self._draining = asyncio.Event()
        self._ended = asyncio.Event()
        self._started = False
        self._failure: Exception | None = None

    @property
    def group(self) -> str:
        """Its consumer group."""
        return self._group

    @property
    def topics(self) -> Sequence[str]:
        """What it consumes, the retry topics included."""
        return tuple(self._topics)

    async def run(self) -> None:
        """Works until `drain`, or until it must not go on.

        Raises:
            FuseBlown: Too many dead letters.
            NotFound: A topic does not exist.
        """
        self._started = True
        try:
            consumer = await self._join()
            if consumer is not None:
                await self._work(consumer)
        finally:
            self._ended.set()

    async def drain(self) -> None:
        """Takes no more, lets running handlers end, commits, leaves the group; returns when `run` has ended."""
        self._draining.set()
        self._progress.set()
        if self._started:
            await self._ended.wait()

    async def _join(self) -> Consumer | None:
        backoff = Backoff(self._policy.unavailable_backoff_max_s)
        while not self._draining.is_set():
            try:
                return await self._bus.consumer(self._topics, group=self._group)
            except Unavailable as error:
                await self._wait_for_bus(error, backoff)
        return None

    async def _work(self, consumer: Consumer) -> None:
        intake = Intake(consumer, self._lanes, self._policy)
        slots = [asyncio.create_task(self._slot()) for _ in range(self._policy.max_in_flight)]
        try:
            await self._take_turns(consumer, intake)
            await self._let_running_end(consumer)
        finally:
            for slot in slots:
                slot.cancel()
            await asyncio.gather(*slots, return_exceptions=True)
            await self._leave(consumer, intake)
        if self._failure is not None:
            raise self._failure

    async def _take_turns(self, consumer: Consumer, intake: Intake) -> None:
        backoff = Backoff(self._policy.unavailable_backoff_max_s)
        while not self._draining.is_set() and self._failure is None:
            try:
                await self._turn(consumer, intake)
            except Unavailable as error:
                await self._wait_for_bus(error, backoff)
            else:
                backoff.reset()

    async def _turn(self, consumer: Consumer, intake: Intake) -> None:
        if intake.commit_is_due():
            await self._try_to(intake.commit())
        intake.balance()
        timeout_s = self._policy.poll_timeout_s
        if intake.backlogged:
            # The wait for room is here and not in the poll, which would not notice that there is room again.
            await self._wait_for_room(intake, timeout_s)
            timeout_s = 0.0
        messages = await consumer.poll(max_records=self._policy.max_buffered, timeout_s=timeout_s)
        await self._follow(intake)
        intake.take(messages)
        for topic, count in Counter(message.topic.removesuffix(RETRY_SUFFIX) for message in messages).items():
            self._observer.received(topic, count)
        self._observer.load(in_flight=self._lanes.running, buffered=intake.buffered, paused_partitions=intake.paused)

    async def _follow(self, intake: Intake) -> None:
        """Follows a change of the assignment: what is finished of a lost partition is committed before it goes."""
        lost = intake.lost()
        if lost:
            intake.withdraw(lost)
            deadline = time.monotonic() + self._policy.handover_grace_s
            while intake.any_running(lost) and time.monotonic() < deadline:
                await self._wait_for_progress(deadline - time.monotonic())
            await self._try_to(intake.commit(lost))
            intake.drop(lost)
        if intake.follow() or lost:
            _log.info("%s: %d partitions are assigned", self._group, intake.partitions)
            self._observer.assigned(intake.partitions)

    async def _slot(self) -> None:
        """Handles one delivery after the other."""
        while True:
            delivery = await self._lanes.next()
            try:
                await self._handling.process(delivery)
            except Exception as error:  # noqa: BLE001 - raised by `run`
                self._failure = self._failure or error
            finally:
                self._lanes.done(delivery)
                self._progress.set()

    async def _let_running_end(self, consumer: Consumer) -> None:
        """Waits for running handlers, polling all the while: a silent member would hold up its whole group."""
        self._lanes.drop(lambda _: True)
        deadline = time.monotonic() + self._policy.drain_timeout_s
        while self._lanes.running and time.monotonic() < deadline:
            try:
                consumer.pause(sorted(consumer.assignment()))
                await consumer.poll(max_records=1, timeout_s=0.0)
            except Unavailable as error:
                self._observer.bus_unavailable(error)
            await self._wait_for_progress(min(self._policy.poll_timeout_s, deadline - time.monotonic()))
        if self._lanes.running:
            _log.warning("%s: %d handlers were cut off; their records come again", self._group, self._lanes.running)

    async def _leave(self, consumer: Consumer, intake: Intake) -> None:
        try:
            await intake.commit()
        except MicrocoderError as error:
            _log.warning("%s: the last commit failed, so records come again: %s", self._group, error)
        try:
            await consumer.close()
        except MicrocoderError as error:
            _log.warning("%s: left without saying so, others wait for the session to end: %s", self._group, error)

    async def _try_to(self, commit: Awaitable[None]) -> None:
        """Commits, or leaves it to the next time: the poll that follows is what repairs a membership."""
        try:
            await commit
        except Unavailable as error:
            _log.warning("%s: not committed, trying again: %s", self._group, error)
            self._observer.bus_unavailable(error)

    async def _wait_for_room(self, intake: Intake, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not intake.balance() and (left_s := deadline - time.monotonic()) > 0:
            await self._wait_for_progress(left_s)

    async def _wait_for_progress(self, timeout_s: float) -> None:
        """Until a delivery ended, a drain was asked for or the time is over."""
        try:
            await asyncio.wait_for(self._progress.wait(), max(timeout_s, 0.0))
        except TimeoutError:
            return
        self._progress.clear()

    async def _wait_for_bus(self, error: Unavailable, backoff: Backoff) -> None:
        _log.warning("%s: the bus does not answer, trying again: %s", self._group, error)
        self._observer.bus_unavailable(error)
        await backoff.pause()
