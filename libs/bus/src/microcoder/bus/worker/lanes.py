"""Which delivery may run next: in order within a lane, fair between lanes."""

import asyncio
from collections import deque
from collections.abc import Callable

from microcoder.bus.port import TopicPartition
from microcoder.bus.worker.delivery import Delivery

_LaneKey = tuple[TopicPartition, str]


class Lanes:
    """Queues by partition and key. A lane is ready, or running, or empty and forgotten."""

    def __init__(self) -> None:
        self._lanes: dict[_LaneKey, deque[Delivery]] = {}
        self._ready: asyncio.Queue[_LaneKey] = asyncio.Queue()
        self.in_flight: set[Delivery] = set()
        """Deliveries that `next` gave and `done` did not see yet."""

    @property
    def running(self) -> int:
        """Number of deliveries in flight."""
        return len(self.in_flight)

    def add(self, delivery: Delivery) -> None:
        """Queues `delivery` behind those of its lane."""
        lane = self._lanes.get(delivery.lane)
        if lane is None:
            self._lanes[delivery.lane] = deque([delivery])
            self._ready.put_nowait(delivery.lane)
        else:
            lane.append(delivery)

    async def next(self) -> Delivery:
        """The next delivery whose lane is free; waits for one. `done` must follow."""
        while True:
            key = await self._ready.get()
            lane = self._lanes[key]
            if lane:
                delivery = lane.popleft()
                self.in_flight.add(delivery)
                return delivery
            del self._lanes[key]  # all of it was dropped while it was ready

    def done(self, delivery: Delivery) -> None:
        """Frees the lane of `delivery`."""
        self.in_flight.remove(delivery)
        key = delivery.lane
        if self._lanes[key]:
            self._ready.put_nowait(key)
        else:
            del self._lanes[key]

    def drop(self, where: Callable[[Delivery], bool]) -> None:
        """Forgets the queued deliveries that `where` says, not those that run."""
        for key, lane in self._lanes.items():
            self._lanes[key] = deque(delivery for delivery in lane if not where(delivery))
