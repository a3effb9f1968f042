"""Who of several scrapers collects. The others answer calls and wait."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from microcoder.core.clock import Clock, utc_now
from microcoder.core.errors import MicrocoderError
from microcoder.core.lease import Lease
from microcoder.scraper.domain.election import Sighting, given_up, may_take, sighted, taken
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
_JITTER = 1.2
"""As client-go: candidates spread their tries over this share more of the retry period."""

Work = Callable[[], Awaitable[None]]


class LeaseStore(Protocol):
    """Where one lease lies. Both methods raise a `MicrocoderError` where that does not answer."""

    async def read(self) -> Lease | None:
        """The lease as it is; None where nobody ever held it."""

    async def write(self, lease: Lease, as_read: Lease | None) -> bool:
        """Writes it only while it is as it was read. False where somebody else came first."""


class Leadership(Protocol):
    """Runs work in one process at a time."""

    async def run(self) -> None:
        """Competes for ever. Cancelled, it gives the lead up; end what `lead` runs before."""

    async def lead(self, work: Work) -> None:
        """Runs `work` whenever this process leads, and cancels it at once when it does not any more."""


class Alone:
    """Fills the port `Leadership` where there is one process."""

    async def run(self) -> None:
        """Nothing to compete for."""

    async def lead(self, work: Work) -> None:
        await work()


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionTimes:
    """Seconds; see `LeaderSettings`."""

    lease_s: float = 15.0
    renew_deadline_s: float = 10.0
    retry_s: float = 2.0


class Elected:
    """Fills the port `Leadership` by a lease that is renewed, as client-go's leader election does.

    Args:
        name: Of the lease.
        own: Name of this process, unlike all others.
        leases: Where the lease lies.
        times: How long things take.
        clock: The time that is written into the lease.
    """

    def __init__(
        self, name: str, own: str, leases: LeaseStore, times: ElectionTimes, *, clock: Clock = utc_now
    ) -> None:
        self._name = name
        self._own = own
        self._leases = leases
        self._times = times
        self._clock = clock
        self._sighting: Sighting | None = None
        self._leading = asyncio.Event()
        self._not_leading = asyncio.Event()
        self._not_leading.set()

    @property
    def leading(self) -> bool:
        """Whether this process leads now."""
        return self._leading.is_set()

    async def run(self) -> None:
        try:
            while True:
                await self._acquire()
                self._set(leading=True)
                await self._renew()
                self._set(leading=False)
        finally:
            was_leading = self.leading
            self._set(leading=False)
            if was_leading:
                await self._release()

    async def lead(self, work: Work) -> None:
        while True:
            await self._leading.wait()
            working = asyncio.ensure_future(work())
            losing = asyncio.create_task(self._not_leading.wait())
            try:
                await asyncio.wait({working, losing}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
            finally:
                working.cancel()
                losing.cancel()
                await asyncio.wait({working, losing})

    async def _acquire(self) -> None:
        while not await self._try():  # noqa: ASYNC110  a lease sets no events
            await asyncio.sleep(self._times.retry_s * random.uniform(1, 1 + _JITTER))  # noqa: S311  spreads load

    async def _renew(self) -> None:
        """Returns when the lease could not be renewed in time, or somebody else holds it."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(self._times.retry_s)
            left_s = renewed + self._times.renew_deadline_s - time.monotonic()
            if left_s <= 0:
                return
            try:
                async with asyncio.timeout(left_s):
                    if await self._try():
                        renewed = time.monotonic()
                        continue
            except TimeoutError:
                return
            lease = self._sighting.lease if self._sighting else None
            if lease is not None and lease.holder not in ("", self._own):
                return

    async def _try(self) -> bool:
        """One try to get or renew the lease. Trouble of its store is a failed try."""
        try:
            return await self._take()
        except MicrocoderError as error:
            _LOG.warning("the lease does not answer", lease=self._name, error=error.message)
            return False

    async def _take(self) -> bool:
        now, now_s = self._clock(), time.monotonic()
        lease = await self._leases.read()
        if lease is None:
            first = Lease(
                id=self._name,
                holder=self._own,
                duration_s=self._times.lease_s,
                acquired_time=now,
                renewed_time=now,
            )
            return await self._leases.write(first, None)
        self._sighting = sighted(self._sighting, lease, now_s)
        if not may_take(self._sighting, self._own, now_s):
            return False
        return await self._leases.write(taken(lease, self._own, self._times.lease_s, now), lease)

    async def _release(self) -> None:
        try:
            lease = await self._leases.read()
            if lease is not None and lease.holder == self._own:
                await self._leases.write(given_up(lease, self._clock()), lease)
        except MicrocoderError as error:
            _LOG.warning("the lead could not be given up; it expires", lease=self._name, error=error.message)

    def _set(self, *, leading: bool) -> None:
        if leading == self.leading:
            return
        _LOG.info("leading: this replica collects" if leading else "not leading any more", lease=self._name)
        for event, holds in ((self._leading, leading), (self._not_leading, not leading)):
            event.set() if holds else event.clear()
