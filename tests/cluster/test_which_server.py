"""Which API server the tests take. A person's own cluster is never touched without consent."""

from pathlib import Path

from .api_server import missing_programs
from .conftest import given_kubeconfig, nothing_found


def test_a_persons_cluster_is_taken_with_consent_only() -> None:
    persons = {"KUBECONFIG": "/home/ada/.kube/config"}
    assert given_kubeconfig(persons) is None
    assert "KUBECONFIG is taken with MICROCODER_TEST_CLUSTER=1 only" in nothing_found(persons)
    assert given_kubeconfig({**persons, "MICROCODER_TEST_CLUSTER": "1"}) == Path(persons["KUBECONFIG"])


def test_what_was_named_for_tests_goes_before_a_persons_cluster() -> None:
    both = {"KUBECONFIG": "/a", "MICROCODER_TEST_CLUSTER": "1", "MICROCODER_TEST_KUBECONFIG": "/b"}
    assert given_kubeconfig(both) == Path("/b")
    assert given_kubeconfig({}) is None
    assert "MICROCODER_TEST_KUBECONFIG" in nothing_found({})


def test_a_folder_without_the_programs_is_told(tmp_path: Path) -> None:
    (tmp_path / "etcd").touch(mode=0o755)
    assert missing_programs(tmp_path) == ["kube-apiserver", "kubectl"]
