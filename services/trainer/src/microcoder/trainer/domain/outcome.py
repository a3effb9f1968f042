"""How a training process ends, in numbers for the platform and in words for people."""

import json
import re
import signal
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """Exit codes of a training process.

    64 to 73 mean that the same start would fail the same way: do not try again. 143 means that the work is saved and
    can go on, 75 that nothing was begun; neither is a failure. Anything else is worth another attempt. Kubernetes gets
    these rules as a `podFailurePolicy`; a process that was stopped must not exit with 0, else its Job counts as
    complete.
    """

    FINISHED = 0
    UNEXPECTED = 1
    """An error that nobody foresaw; the log has it."""
    BAD_REQUEST = 64
    """The run, its specification or the settings cannot work."""
    BAD_RELEASE = 65
    """The release is missing, damaged, or has no prompt that is short enough."""
    NO_MODEL = 66
    """The model folder is missing or is no checkpoint."""
    DIVERGED = 70
    """Loss or gradient is not a number."""
    NO_PACKAGES = 72
    """The environment lacks packages."""
    NO_STORE = 74
    """The store did not answer for longer than it is waited for."""
    NOT_YET = 75
    """Nothing could begin yet: the run has no record, or another process still holds its folder."""
    NO_JUDGE = 76
    """The judge gave no verdict for several steps on end."""
    STOPPED = 143
    """Asked to stop by SIGTERM; a checkpoint is saved."""

    @property
    def final(self) -> bool:
        """Whether another attempt would fail the same way."""
        return 64 <= self <= 73


_MAX_TERMINATION_MESSAGE = 600
"""Characters, each of which JSON may write as six or twelve bytes."""


class TrainingFailed(Exception):
    """Ends the training process with this code; the message is for people."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a process leaves behind when it ends, for whoever finds it gone."""

    exit_code: int
    """Its exit code."""
    message: str = ""
    """What happened and what to do; empty where there is nothing to say."""
    step: int = 0
    """Optimizer steps done."""
    mean_reward: float | None = None
    """Mean reward of the newest step; None where there is none."""
    checkpoint: str = ""
    """Folder of the newest checkpoint, empty where there is none."""

    def write(self, file: Path) -> None:
        """Puts it into `file`, whole or not at all."""
        partial = file.with_name(file.name + ".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(file)

    def write_termination(self, file: Path) -> None:
        """Writes one line into `file`, a container's termination message, of which Kubernetes keeps 4096 bytes."""
        short = replace(self, message=self.message[:_MAX_TERMINATION_MESSAGE])
        file.write_text(json.dumps(asdict(short)) + "\n")

    @classmethod
    def read(cls, file: Path) -> "Outcome | None":
        """What `file` holds; None where there is no such file or it is none of ours."""
        try:
            found = json.loads(file.read_text())
            reward = found.get("mean_reward")
            return cls(
                exit_code=int(found["exit_code"]),
                message=str(found["message"]),
                step=int(found.get("step", 0)),
                mean_reward=None if reward is None else float(reward),
                checkpoint=str(found.get("checkpoint", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def missing_packages(module: str, python: str) -> str:
    """What to tell a person whose training environment lacks `module`."""
    return (
        f"The training environment {python} lacks the Python package {module}. `make setup-trainer` makes one that has "
        "everything; on another machine install the packages of constraints/trainer.txt and this project's own. Then "
        "set MICROCODER_TRAINER__PYTHON to its python and resume the run."
    )


_NO_MODULE = re.compile(r"No module named '?([A-Za-z0-9_.]+)'?")


def explain(exit_code: int, log_tail: str, python: str) -> str:
    """Why a process ended that left no word, from its exit code and the end of its log.

    Args:
        exit_code: As the operating system tells it: negative for a signal.
        log_tail: The last lines that it wrote.
        python: Its interpreter.
    """
    if missing := _NO_MODULE.search(log_tail):
        return missing_packages(missing[1], python)
    if exit_code == -signal.SIGKILL:
        return (
            "The training process was killed (SIGKILL). Most often the machine ran out of memory: use a smaller model, "
            "LoRA, shorter completions or a smaller MICROCODER_TRAINER__MICRO_BATCH, then resume the run."
        )
    how = f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
    last = log_tail.strip().splitlines()[-1:] or ["it wrote nothing"]
    return f"The training process ended {how}. Its last words: {last[0][:500]}"
