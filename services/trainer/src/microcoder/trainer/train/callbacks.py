"""What happens around each optimizer step."""
# ruff: noqa: ARG002  # the hooks have the signature of transformers

import math
import random
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState

from microcoder.trainer.domain.checkpoints import STABLE
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed
from microcoder.trainer.domain.truncation import Standing
from microcoder.trainer.train import together
from microcoder.trainer.train.background import Background
from microcoder.trainer.train.recorder import Recorder
from microcoder.trainer.train.reward import JudgeReward
from microcoder.trainer.train.stop import StopSignal

_MUST_BE_FINITE = ("loss", "grad_norm")


class StopCallback(TrainerCallback):  # type: ignore[misc]
    """Saves and ends after the step in which the wish to stop came."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        (asked,) = together.total(float(self._stop.asked))
        if asked:
            control.should_save = True
            control.should_training_stop = True


class RecordCallback(TrainerCallback):  # type: ignore[misc]
    """Writes metrics, completions and checkpoints to the store, and ends a run that has gone wrong.

    Args:
        recorder: Writes to the store.
        background: The loop that `recorder` lives on.
        reward: Has the last rollout.
        judge_patience: Rollouts on end without a single verdict that end the run.
    """

    def __init__(self, recorder: Recorder, background: Background, reward: JudgeReward, *, judge_patience: int) -> None:
        self._recorder = recorder
        self._background = background
        self._reward = reward
        self._judge_patience = judge_patience
        self._recorded_rollout = 0
        self._silent_rollouts = 0
        self.failure: TrainingFailed | None = None
        """Why the run must end, where it must end although its work is worth keeping."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Comes after every step and before its checkpoint, so that a diverged model is never saved."""
        values = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, int | float)}
        if "loss" not in values:  # the summary at the end of training
            return
        _refuse_divergence(state.global_step, values)
        self._record_rollout()
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        if together.rank() == 0:
            self._background.run(self._recorder.step(state.global_step, finite, self._reward.rollout.rows))
        if self._silent_rollouts >= self._judge_patience:
            self._give_up(control)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        together.wait_for_all()  # each process has its part in the checkpoint
        folder = Path(args.output_dir or ".") / f"checkpoint-{state.global_step}"
        if together.rank() == 0:
            (folder / STABLE).touch()
            self._background.run(self._recorder.checkpoint(folder))

    def _record_rollout(self) -> None:
        rollout = self._reward.rollout
        if rollout.step == self._recorded_rollout:
            return
        self._recorded_rollout = rollout.step
        asked = [row for row in rollout.rows if row.standing is not Standing.INCOMPLETE]
        heard = [row for row in asked if row.standing is not Standing.UNKNOWN]
        all_asked, all_heard = together.total(len(asked), len(heard))
        if all_asked:
            self._silent_rollouts = 0 if all_heard else self._silent_rollouts + 1
        if together.rank() == 0:
            self._background.run(self._recorder.rollout(rollout.step, rollout.rows))

    def _give_up(self, control: TrainerControl) -> None:
        self.failure = TrainingFailed(
            ExitCode.NO_JUDGE,
            f"The judge gave no verdict in {self._silent_rollouts} rollouts on end, so nothing can be learned. "
            "See that it runs (MICROCODER_ENDPOINTS__JUDGE says where it is looked for), then resume the run.",
        )
        control.should_save = True
        control.should_training_stop = True


class CoinState(TrainerCallback, ExportableState):  # type: ignore[misc]
    """Keeps the truncation mask's random numbers in the checkpoint, so that a resumed run throws the same coins."""

    def __init__(self, coin: random.Random) -> None:
        self._coin = coin

    def state(self) -> dict[str, Any]:
        version, words, gauss = self._coin.getstate()
        return {"args": {}, "attributes": {"coin": [version, list(words), gauss]}}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        saved = state.stateful_callbacks.get(type(self).__name__)
        if state.global_step and saved:
            version, words, gauss = saved["attributes"]["coin"]
            self._coin.setstate((version, tuple(words), gauss))


def _refuse_divergence(step: int, values: dict[str, float]) -> None:
    for name in _MUST_BE_FINITE:
        if not math.isfinite(values.get(name, 0.0)):
            raise TrainingFailed(
                ExitCode.DIVERGED,
                f"Training diverged: {name} is {values[name]} in step {step}. Use a lower learning rate; the last "
                "checkpoint is from before.",
            )
