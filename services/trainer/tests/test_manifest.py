"""Manifests against golden files; `UPDATE_GOLDEN=1 pytest …` writes them anew."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from microcoder.core.training import Algorithm, Placement, TrainingRun, TrainingSpec
from microcoder.testing.builders import make_training_run
from microcoder.trainer.domain.cluster import labels
from microcoder.trainer.domain.cluster.annotations import from_json
from microcoder.trainer.domain.cluster.manifest import manifests, numbered
from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.domain.outcome import ExitCode

GOLDEN = Path(__file__).with_name("golden")
SITE = Site(
    namespace="training",
    image="registry.example/microcoder/training:1",
    runs_claim="microcoder-runs",
    models_claim="models",
    secrets=("microcoder-training",),
    secret_files={"/etc/microcoder/tls": "microcoder-ca"},
    env={"MICROCODER_ENDPOINTS__JUDGE": "dns:///judge.microcoder.svc:50053"},
    gpu_node_selector={"pool": "gpu"},
    node_selector={"pool": "cpu"},
)
SPEC = TrainingSpec(
    release_id="release-1", model="/models/Qwen3-4B", algorithm=Algorithm.MICROCODER_GRPO, max_steps=500, lora_rank=16
)
RUN = make_training_run(id="kinds-3f9a1c", name="kinds", owner="Ada Lovelace", spec=SPEC)
CASES: dict[str, tuple[TrainingRun, Site]] = {
    "job-cpu": (RUN, SITE),
    "job-gpus": (replace(RUN, placement=Placement(gpus=4, memory="256Gi", gpu_product="H100", max_seconds=3600)), SITE),
    "job-plain": (make_training_run(), Site()),
    "jobset-queue": (
        replace(RUN, attempt=2, placement=Placement(nodes=3, gpus=8, queue="research", priority_class="high")), SITE
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_manifests_are_as_they_were(name: str) -> None:
    run, site = CASES[name]
    text = yaml.safe_dump_all(manifests(run, site), sort_keys=False, width=1000)
    file = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def pod_spec(name: str) -> dict[str, Any]:
    (item,) = manifests(*CASES[name])
    inner = item["spec"]["replicatedJobs"][0]["template"]["spec"] if item["kind"] == "JobSet" else item["spec"]
    spec: dict[str, Any] = inner["template"]["spec"]
    return spec


@pytest.mark.parametrize("name", CASES)
def test_pods_keep_the_restricted_standard_and_hold_no_credentials_of_the_cluster(name: str) -> None:
    spec = pod_spec(name)
    container = spec["containers"][0]["securityContext"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert container["readOnlyRootFilesystem"]


@pytest.mark.parametrize(("name", "gpus"), [("job-cpu", None), ("job-gpus", "4"), ("jobset-queue", "8")])
def test_only_a_pod_with_gpus_may_go_where_they_are(name: str, gpus: str | None) -> None:
    spec = pod_spec(name)
    keys = {toleration["key"] for toleration in spec.get("tolerations", ())}
    assert spec["containers"][0]["resources"]["limits"].get("nvidia.com/gpu") == gpus
    assert ("nvidia.com/gpu" in keys) is (gpus is not None)
    assert spec["nodeSelector"]["pool"] == ("gpu" if gpus else "cpu")


def test_permanent_errors_are_looked_at_first_and_nothing_that_saved_itself_counts() -> None:
    (job,) = manifests(*CASES["job-cpu"])
    rules = job["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["FailJob", "Ignore", "Ignore"]
    permanent = rules[0]["onExitCodes"]["values"]
    assert permanent == [code for code in range(256) if 64 <= code <= 73]
    assert {code for code in ExitCode if code.final} <= set(permanent)
    assert rules[2]["onExitCodes"]["values"] == [ExitCode.NOT_YET, ExitCode.STOPPED]


def test_a_run_can_be_read_from_its_manifest() -> None:
    run, site = CASES["jobset-queue"]
    (item,) = manifests(run, site)
    notes = item["metadata"]["annotations"]
    assert from_json(notes[labels.SPEC], TrainingSpec, "") == run.spec
    assert from_json(notes[labels.PLACEMENT], Placement, "") == run.placement
    assert labels.ATTEMPT not in notes
    assert numbered(item, 2)["metadata"]["annotations"][labels.ATTEMPT] == "2"


@pytest.mark.parametrize("text", ["Qwen/Qwen3-4B", "ä b", "-x-", "a" * 100, ""])
def test_any_text_becomes_a_label(text: str) -> None:
    value = labels.label_value(text)
    assert len(value) <= 63
    assert not value or (value[0].isalnum() and value[-1].isalnum())


def test_names_fit_the_names_of_pods() -> None:
    longest = replace(RUN, id="n" * 24 + "-3f9a1c", attempt=99)
    assert len(labels.job_name(longest)) <= 52
