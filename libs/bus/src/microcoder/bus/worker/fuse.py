"""Stops a worker that would turn everything into dead letters."""

from collections import deque

from microcoder.bus.errors import FuseBlown
from microcoder.bus.worker.policy import WorkerPolicy


class Fuse:
    """Watches the outcomes, as arroyo's `DlqLimit` does: a bad release shall stop, not drain its topic."""

    def __init__(self, policy: WorkerPolicy) -> None:
        self._policy = policy
        self._consecutive = 0
        self._window: deque[bool] = deque(maxlen=policy.fuse_window)

    def succeeded(self) -> None:
        """A delivery ended well."""
        self._consecutive = 0
        self._window.append(False)

    def check(self, reason: str) -> None:
        """Asks whether one more record may become a dead letter because of `reason`.

        Raises:
            FuseBlown: It may not.
        """
        dead = sum(self._window) + 1
        if self._consecutive + 1 > self._policy.fuse_consecutive:
            limit = f"{self._policy.fuse_consecutive} records in a row"
        elif len(self._window) == self._policy.fuse_window and dead > self._policy.fuse_ratio * len(self._window):
            limit = f"{self._policy.fuse_ratio:.0%} of the last {self._policy.fuse_window} records"
        else:
            self._consecutive += 1
            self._window.append(True)
            return
        raise FuseBlown(
            f"{limit} became dead letters, the fuse's limit; the next would have because of: {reason}. The worker "
            "stopped before it. Look at the dead letters, repair the cause, restart, replay them"
        )
