from pathlib import Path

import pytest

from microcoder.trainer.domain.outcome import ExitCode, Outcome, explain


def test_an_outcome_survives_its_file(tmp_path: Path) -> None:
    outcome = Outcome(exit_code=65, message="no prompts", step=3, mean_reward=0.25, checkpoint="c")
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


def test_a_termination_message_is_one_short_line(tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    outcome = Outcome(exit_code=1, message="ä\n" * 5_000, step=7, mean_reward=0.5, checkpoint="/runs/r/checkpoint-5")
    outcome.write_termination(file)
    (line,) = file.read_text().splitlines()
    assert len(line.encode()) < 4096
    told = Outcome.read(file)
    assert told is not None
    assert told.exit_code == 1
