"""Who may run next: as many runs at a time as there are slots, fair between submissions."""

import asyncio
import itertools
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager

from microcoder.core.errors import ResourceExhausted

Key = tuple[Hashable, Hashable]
"""Whose turn it is, and for which of their submissions."""
_Submissions = OrderedDict[Hashable, "deque[asyncio.Future[None]]"]

_SMOOTHING = 0.05


class SlotPool:
    """Slots, handed out in turn to the submissions that wait, so that one with many tests holds up nobody.

    Used from one event loop.

    Args:
        slots: Runs at a time.
        max_submissions: Submissions that may be under way; more are turned away.
    """

    def __init__(self, *, slots: int, max_submissions: int) -> None:
        self.slots = slots
        self.served = 0
        """Runs that have ended."""
        self._free = slots
        self._max_submissions = max_submissions
        self._keys = itertools.count()
        self._submissions = 0
        self._waiting: OrderedDict[Hashable, _Submissions] = OrderedDict()
        self._mean_hold_s = 0.0

    @property
    def waiting(self) -> int:
        """Runs that wait for a slot."""
        return sum(len(turns) for submissions in self._waiting.values() for turns in submissions.values())

    @property
    def busy(self) -> int:
        """Slots in use."""
        return self.slots - self._free

    @contextmanager
    def submission(self, *, deadline_s: float | None = None, own: bool = False, fair_key: str = "") -> Iterator[Key]:
        """Admits a submission and gives the key that its runs wait under.

        Args:
            deadline_s: Seconds until nobody wants the answer any more.
            fair_key: Whose it is: these take turns first, then their submissions. Empty for nobody but itself.
            own: Work of the judge itself, which its own pace limits; it is never turned away.

        Raises:
            ResourceExhausted: There are too many already, or its turn would come after the deadline.
        """
        ahead_s = self.waiting * self._mean_hold_s / self.slots
        if not own and self._submissions >= self._max_submissions:
            raise ResourceExhausted(
                f"{self._submissions} submissions are being judged, which is all that this judge takes at a time",
                retry_after_s=max(1.0, ahead_s),
                reason="JUDGE_QUEUE_FULL",
            )
        if deadline_s is not None and ahead_s > deadline_s:
            raise ResourceExhausted(
                f"the runs ahead take about {ahead_s:.1f} s, longer than the {deadline_s:.1f} s to the deadline",
                retry_after_s=ahead_s - deadline_s + 1.0,
                reason="JUDGE_QUEUE_TOO_SLOW",
            )
        self._submissions += 1
        try:
            number = next(self._keys)
            yield fair_key or number, number
        finally:
            self._submissions -= 1

    @asynccontextmanager
    async def slot(self, key: Key) -> AsyncIterator[None]:
        """Waits for a slot and holds it; `key` is whose turn it is, and for what."""
        await self._acquire(key)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            yield
        finally:
            self.served += 1
            self._mean_hold_s += _SMOOTHING * (loop.time() - begun - self._mean_hold_s)
            self._release()

    async def _acquire(self, key: Key) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        owner, submission = key
        self._waiting.setdefault(owner, OrderedDict()).setdefault(submission, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()  # it was our turn just now
            else:
                self._forget(key, turn)
            raise

    def _release(self) -> None:
        while self._waiting:
            owner, submissions = self._waiting.popitem(last=False)
            submission, turns = submissions.popitem(last=False)
            turn = turns.popleft()
            if turns:
                submissions[submission] = turns  # to the end of its owner's round
            if submissions:
                self._waiting[owner] = submissions  # and its owner to the end of all
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _forget(self, key: Key, turn: "asyncio.Future[None]") -> None:
        owner, submission = key
        submissions: _Submissions = self._waiting.get(owner, OrderedDict())
        turns = submissions.get(submission)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del submissions[submission]
            if not submissions:
                del self._waiting[owner]
