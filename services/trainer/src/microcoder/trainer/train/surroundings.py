"""What a session gets from its process."""

from dataclasses import dataclass

from microcoder.telemetry import get_logger
from microcoder.trainer.settings import TrainerSettings
from microcoder.trainer.train.background import Background
from microcoder.trainer.train.judging import BatchJudge
from microcoder.trainer.train.recorder import Recorder
from microcoder.trainer.train.stop import StopSignal

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an attempt needs beside its run."""

    settings: TrainerSettings
    background: Background
    recorder: Recorder
    judge: BatchJudge
    stop: StopSignal

    def say(self, message: str) -> None:
        """Tells what is going on, unless the attempt was asked to stop.

        Raises:
            TrainingFailed: It was.
        """
        self.stop.check()
        _LOG.info(message)
        self.background.run(self.recorder.say(message))
