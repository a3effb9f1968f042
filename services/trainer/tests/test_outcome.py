from pathlib import Path

import pytest

from microcoder.core.run import RunState
from microcoder.testing.builders import NOW, make_training_run
from microcoder.trainer.domain.outcome import ExitCode, Outcome, explain
from microcoder.trainer.domain.settling import settled


def test_an_outcome_survives_its_file(tmp_path: Path) -> None:
    outcome = Outcome(exit_code=65, message="no prompts")
    outcome.write(tmp_path / "outcome.json")
    assert Outcome.read(tmp_path / "outcome.json") == outcome


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exit_code": "x", "message": ""}'])
def test_a_damaged_outcome_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "outcome.json").write_text(text)
    assert Outcome.read(tmp_path / "outcome.json") is None


def test_missing_torch_says_which_environment_and_what_to_do() -> None:
    message = explain(1, "Traceback\nModuleNotFoundError: No module named 'torch'\n", "/env/bin/python")
    assert "/env/bin/python lacks the Python package torch" in message
    assert "MICROCODER_TRAINER__PYTHON" in message


def test_a_kill_is_put_down_to_memory() -> None:
    assert "out of memory" in explain(-9, "", "python")


def test_otherwise_the_last_line_of_the_log_speaks() -> None:
    assert explain(1, "first\nValueError: bad\n", "python").endswith("exit code 1. Its last words: ValueError: bad")
    assert "it wrote nothing" in explain(3, "", "python")


def test_only_errors_that_would_repeat_are_final() -> None:
    assert {code for code in ExitCode if code.final} == {
        ExitCode.BAD_REQUEST,
        ExitCode.BAD_RELEASE,
        ExitCode.NO_MODEL,
        ExitCode.DIVERGED,
        ExitCode.NO_PACKAGES,
    }


@pytest.mark.parametrize(
    ("code", "cancelled", "state"),
    [
        (0, False, RunState.SUCCEEDED),
        (0, True, RunState.SUCCEEDED),
        (143, True, RunState.CANCELLED),
        (-9, True, RunState.CANCELLED),
        (143, False, RunState.PENDING),
        (65, False, RunState.FAILED),
        (-9, False, RunState.FAILED),
    ],
)
def test_what_a_run_becomes(code: int, cancelled: bool, state: RunState) -> None:
    run = make_training_run(state=RunState.RUNNING, cancel_requested=cancelled)
    after = settled(run, Outcome(exit_code=code, message="so"), NOW)
    assert after is not None
    assert after.state is state
    assert (after.finished_time is None) is (state is RunState.PENDING)
    assert after.attempt == (2 if state is RunState.PENDING else 1)


def test_a_settled_run_stays() -> None:
    assert settled(make_training_run(state=RunState.FAILED), Outcome(exit_code=0), NOW) is None
