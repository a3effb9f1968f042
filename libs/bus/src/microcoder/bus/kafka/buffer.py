"""Records that Kafka gave and the caller did not take yet."""

from collections import deque
from collections.abc import Iterable

from microcoder.bus.port import Message, TopicPartition


class Buffer:
    """Holds, per partition, what is left of a fetch.

    It is here because kafka-python 3.0.12 must never be left with half a fetch of a partition that is then paused: it
    puts such a rest aside and forgets to take it up again at `resume` unless another partition's rest is put aside
    just then, and does not fetch the partition any more either. So all of a fetch is taken from it at once.
    """

    def __init__(self) -> None:
        self._left: dict[TopicPartition, deque[Message]] = {}

    def add(self, messages: Iterable[Message]) -> None:
        """Puts `messages` behind those of their partitions."""
        for message in messages:
            self._left.setdefault(message.source, deque()).append(message)

    def keep(self, partitions: Iterable[TopicPartition]) -> None:
        """Forgets the records of all other partitions."""
        for partition in self._left.keys() - set(partitions):
            del self._left[partition]

    def partitions(self, *, at_least: int = 1) -> set[TopicPartition]:
        """The partitions that so many records are left of."""
        return {partition for partition, left in self._left.items() if len(left) >= at_least}

    def take(self, max_records: int, *, without: Iterable[TopicPartition]) -> list[Message]:
        """At most `max_records`, none of the partitions `without`; each call begins at another partition."""
        taken: list[Message] = []
        for partition in [p for p in self._left if p not in set(without)]:
            if len(taken) >= max_records:
                break
            left = self._left.pop(partition)
            while left and len(taken) < max_records:
                taken.append(left.popleft())
            if left:
                self._left[partition] = left  # behind the others
        return taken
