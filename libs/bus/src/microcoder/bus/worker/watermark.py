"""Up to where a partition is done, when records finish out of order."""

from collections import deque


class Watermark:
    """The offsets of one partition that were taken, in order, and which of them are finished.

    Offsets need not be consecutive: a log has gaps where records were trimmed or compacted away.
    """

    def __init__(self) -> None:
        self._taken: deque[int] = deque()
        self._finished: set[int] = set()
        self._committable: int | None = None
        self.unreported = 0
        """Records that moved the watermark since they were last committed."""
        self.held = 0
        """Open records that wait for their time."""
        self.void = False
        """Whether the partition was lost: others handle these records, nothing is sent or committed for them."""

    @property
    def open(self) -> int:
        """Number of records that were taken and are not finished."""
        return len(self._taken) - len(self._finished)

    def repeats(self, offset: int) -> bool:
        """Whether `offset` or a later one was taken before: the bus went back, so this membership's past is void."""
        last = self._taken[-1] if self._taken else (self._committable or 0) - 1
        return offset <= last

    def take(self, offset: int) -> None:
        """Takes the next record."""
        self._taken.append(offset)

    def finish(self, offset: int) -> None:
        """Marks a taken record as finished."""
        self._finished.add(offset)
        while self._taken and self._taken[0] in self._finished:
            first = self._taken.popleft()
            self._finished.remove(first)
            self._committable = first + 1
            self.unreported += 1

    @property
    def committable(self) -> int | None:
        """The offset to commit: every taken record before it is finished. None while the first is not."""
        return self._committable
