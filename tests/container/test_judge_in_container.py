"""The judge in an unprivileged container: tiers, traps and hostile programs. Run by `make conformance-container`."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "deploy" / "seccomp" / "judge.json"
IMAGE = os.environ.get("MICROCODER_TEST_IMAGE", "microcoder/judge:0.1.0")
NOBODY = "65534"
UNPRIVILEGED = (
    *("--user", f"{NOBODY}:{NOBODY}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"),
    *("--read-only", "--tmpfs", f"/tmp:exec,uid={NOBODY},size=512m", "--memory", "2g", "--pids-limit", "512"),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def _image() -> None:
    if not os.environ.get("MICROCODER_TEST_CONTAINER"):
        pytest.skip("only by `make conformance-container` (MICROCODER_TEST_CONTAINER is not set)")
    if not shutil.which("docker") or docker("info").returncode:
        pytest.skip("no Docker daemon answers here")
    if docker("image", "inspect", IMAGE).returncode:
        pytest.skip(f"no image {IMAGE}: `make images` builds it, MICROCODER_TEST_IMAGE names another")


def judged(*security: str) -> dict[str, Any]:
    """What the repository's judge says of itself in the image, with these options beside `UNPRIVILEGED`."""
    sources = ":".join(f"/src/{path.relative_to(ROOT)}" for path in sorted(ROOT.glob("*/*/src")))
    run = docker(
        *("run", "--rm", *UNPRIVILEGED, *security, "--volume", f"{ROOT}:/src:ro", "--workdir", "/src"),
        *("--env", f"PYTHONPATH={sources}", "--env", "HOME=/tmp", "--entrypoint", "python3", IMAGE),
        *("-m", "tests.container.inside", "/tmp/cache"),
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    assert found["user"] == int(NOBODY)
    assert found["status"]["CapEff"] == found["status"]["CapBnd"] == "0" * 16
    assert found["status"]["NoNewPrivs"] == "1"
    assert found["status"]["Seccomp"] == "2"
    return found


def test_with_the_default_profile_there_is_landlock() -> None:
    found = judged()
    assert found["tier"] == "landlock", found
    assert found["wrong"] == []
    assert "MICROCODER_JUDGE__MIN_TIER" in found["refusal"]


def test_with_our_profile_there_are_namespaces() -> None:
    found = judged("--security-opt", f"seccomp={PROFILE}")
    assert found["tier"] == "namespaces", found
    assert found["wrong"] == []
    assert any("no /proc" in mechanism for mechanism in found["mechanisms"])


def test_with_an_unmasked_proc_the_jail_has_its_own() -> None:
    found = judged("--security-opt", f"seccomp={PROFILE}", "--security-opt", "systempaths=unconfined")
    assert found["tier"] == "namespaces", found
    assert found["wrong"] == []
    assert not any("no /proc" in mechanism for mechanism in found["mechanisms"])
