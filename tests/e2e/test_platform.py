"""The sample contest through the running platform, with the trouble that a platform has."""

import os
import signal
from pathlib import Path

import pytest
from datasets import load_dataset

from microcoder.testing.platform import Platform

pytestmark = [pytest.mark.mongo, pytest.mark.slow, pytest.mark.timeout(600)]

CONTEST = Path(__file__).resolve().parents[2] / "examples" / "contest"
PACKAGES = sum(1 for _ in CONTEST.glob("*/problem.yaml"))
REJECTED = {
    "sample.crooked-scale": "REFERENCE_FAILED",
    "sample.quick-glance": "WRONG_ACCEPTED",
    "sample.blank-page": "NO_TESTS",
}
TWINS = {"sample.two-baskets", "sample.two-baskets-reprint"}


@pytest.fixture(scope="module")
def contest(platform: Platform) -> Platform:
    """The platform after the sample contest has gone through it, while services were being killed."""
    brought = platform.cli("import", str(CONTEST), "--source", "sample")
    assert int(brought["new_problems"]) == PACKAGES
    for name in ("microcoder.judge", "microcoder.normalizer", "microcoder.scorer", "mongod"):
        os.kill(platform.pid_of(name), signal.SIGKILL)
    platform.wait(lambda: _settled(platform), 300, "the contest to settle after the kills")
    return platform


def _settled(platform: Platform) -> bool:
    try:
        return platform.settled(PACKAGES)
    except AssertionError:  # a service that was killed is on its way back
        return False


def test_nothing_is_lost_and_each_rejection_has_its_reason(contest: Platform) -> None:
    problems = contest.problems()
    assert len(problems) == PACKAGES
    rejected = {name: item["reason"] for name, item in problems.items() if item["state"] == "STAGE_REJECTED"}
    twins = {name for name, reason in rejected.items() if reason == "DUPLICATE"}
    assert len(twins) == 1
    assert twins < TWINS
    assert {name: reason for name, reason in rejected.items() if name not in twins} == REJECTED


def test_every_other_problem_is_proven_and_scored(contest: Platform) -> None:
    going_on = [item for item in contest.problems().values() if item["state"] != "STAGE_REJECTED"]
    assert {item["grade"] for item in going_on} == {"GRADE_PROVEN"}
    assert all(item["overall"] > 0 for item in going_on)


def test_each_step_of_a_problem_is_told_once(contest: Platform) -> None:
    entries = contest.cli("trace", "sample.double-portion")
    stages = [entry["stage"] for entry in entries]
    assert stages[:4] == ["STAGE_COLLECTED", "STAGE_NORMALIZED", "STAGE_VERIFIED", "STAGE_SCORED"]
    assert len(set(stages)) == len(stages)
    assert [entry["actor"] for entry in entries[:4]] == ["scraper", "normalizer", "judge", "scorer"]


def test_no_message_is_dead(contest: Platform) -> None:
    assert contest.cli("dlq", "list") == []


def test_importing_again_changes_nothing(contest: Platform) -> None:
    again = contest.cli("import", str(CONTEST), "--source", "sample")
    assert (int(again["new_problems"]), int(again["changed_problems"])) == (0, 0)
    assert int(again["unchanged_problems"]) == PACKAGES


def test_a_release_loads_and_repeats_itself(contest: Platform, tmp_path: Path) -> None:
    first = contest.cli("release", "create", "--name", "e2e", "--out", str(tmp_path / "one"))
    second = contest.cli("release", "create", "--name", "e2e", "--out", str(tmp_path / "two"))
    assert first["created"] is True
    assert second["created"] is False
    assert first["release"]["id"] == second["release"]["id"]
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    rows = load_dataset(str(tmp_path / "one"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == PACKAGES - len(REJECTED) - 1
    assert rows[0]["prompt"][-1]["role"] == "user"
    assert "STAGE_RELEASED" in [entry["stage"] for entry in contest.cli("trace", "sample.double-portion")]


def test_a_statement_of_ones_own_is_scored(contest: Platform, tmp_path: Path) -> None:
    statement = tmp_path / "mine.md"
    statement.write_text("Read an integer and print it.")
    answer = contest.cli("score", "--file", str(statement))
    assert 1 <= answer["prediction"]["overall"] <= 5


def test_calibration_is_judged(contest: Platform) -> None:
    done = contest.cli("calibrate", "--problems", "4", "--attempts", "2")
    assert len(done["items"]) == 4
    assert all(int(item["attempts"]) == 2 for item in done["items"])


def test_what_is_not_there_is_said_in_plain_words(contest: Platform) -> None:
    error = contest.cli("show", "sample.no-such-problem", ok=False)["error"]
    assert error["reason"] == "NOT_FOUND"
    assert "sample.no-such-problem" in error["message"]


def test_an_import_of_nothing_says_so(contest: Platform, tmp_path: Path) -> None:
    assert contest.cli("import", str(tmp_path / "missing"), ok=False)["error"]["reason"] == "INVALID_ARGUMENT"


def test_status_and_end(platform: Platform) -> None:
    assert all(service["serving"] for service in platform.cli("status").values())
    assert platform.stop() == 0
    assert not (platform.state_dir / "stack.json").exists()
