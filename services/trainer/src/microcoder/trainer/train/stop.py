"""The wish to stop, from SIGTERM to the next safe point."""

import signal
from types import FrameType

from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed


class StopSignal:
    """Remembers that SIGTERM or SIGINT came. The signal itself interrupts nothing."""

    def __init__(self) -> None:
        self.asked = False

    def install(self) -> None:
        """Takes both signals from now on. Main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)

    def check(self) -> None:
        """For work that has nothing to save yet.

        Raises:
            TrainingFailed: The process was asked to stop.
        """
        if self.asked:
            raise TrainingFailed(ExitCode.STOPPED, "Stopped before the first step.")

    def _take(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True
