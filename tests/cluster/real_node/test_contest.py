"""The sample contest through a cluster: it streams in from a feed, on real Kafka and mongod, in our own images."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cluster.real_node.support import SERVICES, Platform
from tools.cluster.collecting import two_rounds
from tools.cluster.feed import feed_files, packages_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CONTEST = Path(__file__).resolve().parents[3] / "examples" / "contest"
PACKAGES = packages_in(CONTEST)
REJECTED = {"crooked-scale": "REFERENCE_FAILED", "quick-glance": "WRONG_ACCEPTED", "blank-page": "NO_TESTS"}
TWINS = {"two-baskets", "two-baskets-reprint"}


@pytest.fixture(scope="module")
def contest(platform: Platform) -> dict[str, dict[str, str]]:
    """The problems by short name, after the contest has gone through."""
    files = feed_files(two_rounds(PACKAGES, datetime.now(UTC)))
    platform.cli("feed", "add", platform.contests.publish("sample", files))
    found = platform.wait_settled(platform.contests.source("sample"), len(PACKAGES), timeout_s=1500)
    return {name.rpartition(".")[2]: item for name, item in found.items()}


def test_the_six_services_are_ready_and_restricted(platform: Platform) -> None:
    print(f"installed and ready after {platform.install_s:.0f} s")
    assert platform.ready()
    for pod in platform.pods():
        (container,) = pod["spec"]["containers"]
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["allowPrivilegeEscalation"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert container["image"].startswith("microcoder/")
    assert len({pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in platform.pods()}) == len(SERVICES)


def test_helm_test_passes(platform: Platform) -> None:
    said = platform.cluster.helm("test", platform.release, "--timeout", "120s")
    assert "Succeeded" in said


def test_each_rejection_has_its_reason_and_the_rest_is_proven(contest: dict[str, dict[str, str]]) -> None:
    rejected = {name: item["reason"] for name, item in contest.items() if item["state"] == "STAGE_REJECTED"}
    twins = {name for name, reason in rejected.items() if reason == "DUPLICATE"}
    assert len(twins) == 1
    assert twins < TWINS
    assert {name: reason for name, reason in rejected.items() if name not in twins} == REJECTED
    assert {item["grade"] for name, item in contest.items() if name not in rejected} == {"GRADE_PROVEN"}


def test_a_release_of_it_repeats_itself(platform: Platform, contest: dict[str, dict[str, str]]) -> None:
    source = platform.contests.source("sample")
    first = platform.cli("release", "create", "--name", "real", "--source", source)
    second = platform.cli("release", "create", "--name", "real", "--source", source)
    assert (first["created"], second["created"]) == (True, False)
    assert len(first["release"]["problem_ids"]) == len(contest) - len(REJECTED) - 1


def test_no_message_is_dead(platform: Platform, contest: dict[str, dict[str, str]]) -> None:
    assert contest
    assert platform.cli_in_cluster("dlq", "list") == []
