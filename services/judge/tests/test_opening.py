"""Tiers: what is tried, what is refused, and the judge as a normal user."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import Interpreter, helper, interpreters, open_engine
from microcoder.judge.adapters.jail import opening as opening_module
from microcoder.judge.adapters.jail.helper import build_helper, prebuild_helper
from microcoder.judge.adapters.jail.layout import host_layout
from microcoder.judge.domain.engine import Tier

AS_NOBODY = """
import asyncio, pathlib, sys
from microcoder.judge.adapters.jail import interpreters, open_engine
from microcoder.judge.domain.engine import RunLimits, RunSpec, Tier
async def main():
    engine = await open_engine(cache=pathlib.Path(sys.argv[1]), compiler="gcc", interpreters=interpreters(""),
                               slots=1, minimum=Tier.NAMESPACES)
    limits = RunLimits(cpu_time_ms=5000, memory_bytes=1 << 27, output_bytes=1000)
    code = "import os; print(os.getuid(), os.getpid(), os.listdir('.'), sum(map(int, input().split())))"
    spec = RunSpec(argv=(engine.python, "-c", code), files={}, stdin=b"1 2", limits=limits)
    print(engine.tier, (await engine.run(spec)).stdout.decode())
    await engine.close()
asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="changing the user needs root and setpriv")
def test_a_normal_user_needs_no_rights(tmp_path: Path) -> None:
    if subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; assert sys.version_info >= (3, 11)"], check=False
    ).returncode:
        pytest.skip("the system's Python is older than 3.11")
    root = Path(__file__).resolve().parents[3]
    paths = [root / "services/judge/src", root / "libs/core/src"]
    environment = {"PYTHONPATH": ":".join(map(str, paths)), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*as_nobody, "/usr/bin/ls", paths[0]], check=False, capture_output=True).returncode:
        pytest.skip("the repository is not readable for other users")
    cache = Path("/tmp") / tmp_path.name / "of-nobody"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    os.chown(cache, 65534, 65534)
    done = subprocess.run(
        [*as_nobody, "/usr/bin/python3", "-c", AS_NOBODY, str(cache)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        cwd="/",
    )
    shutil.rmtree(cache.parent)
    if "namespaces are not allowed here" in done.stderr:
        pytest.skip("this host forbids user namespaces to normal users")
    assert done.stdout.split("\n")[0] == "namespaces 1000 2 [] 3", done


async def test_a_host_that_is_too_weak_is_refused_with_its_reasons(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden() -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(opening_module, "open_control_groups", forbidden)
    with pytest.raises(FailedPrecondition) as error:
        await open_engine(
            cache=cache_dir,
            compiler="gcc",
            interpreters=interpreters(""),
            slots=1,
            minimum=Tier.NAMESPACES_CGROUPS,
        )
    assert "read-only file system" in error.value.message
    assert "MICROCODER_JUDGE__MIN_TIER" in error.value.message


async def test_without_a_compiler(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match="install gcc"):
        await open_engine(cache=tmp_path, compiler="no-such-compiler", interpreters=(), slots=1, minimum=Tier.RLIMITS)


def test_an_interpreter_that_would_show_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match="MICROCODER_JUDGE__PYTHON"):
        host_layout(Interpreter(executable="/opt/bin/python3", prefix="/opt", packages=()), empty=tmp_path)
    with pytest.raises(FailedPrecondition, match="MICROCODER_JUDGE__PYTHON"):
        interpreters("/bin/false")


def test_the_helper_is_built_once(tmp_path: Path) -> None:
    built = build_helper(tmp_path, compiler="gcc")
    made = built.stat().st_mtime_ns
    assert build_helper(tmp_path, compiler="gcc") == built
    assert built.stat().st_mtime_ns == made
    assert [path.name for path in tmp_path.iterdir()] == [built.name]


def test_a_prebuilt_helper_is_taken_and_the_cache_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper, "_PREBUILT", tmp_path / "package")
    built = prebuild_helper(compiler="gcc")
    assert build_helper(tmp_path / "cache", compiler="gcc") == built
    assert not (tmp_path / "cache").exists()
