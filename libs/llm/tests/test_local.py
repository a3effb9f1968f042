"""The local server's process and the model's folder, without vLLM: a small program stands where it would."""

import asyncio
import json
import os
import stat
import sys
import textwrap
from pathlib import Path

import pytest

from microcoder.core.errors import DeadlineExceeded, FailedPrecondition, Unavailable
from microcoder.llm.local import weights
from microcoder.llm.local.vllm import VllmOptions, start_vllm, vllm_command, vllm_environment

SERVER = textwrap.dedent(
    """\
    #!{python}
    import http.server, json, os, pathlib, subprocess, sys, time

    folder = pathlib.Path(__file__).parent
    (folder / "environ.json").write_text(json.dumps(dict(os.environ)))
    plan = (folder / "plan").read_text()
    if plan == "crash":
        sys.exit("no memory left")
    if plan == "hang":
        time.sleep(60)
    engine = subprocess.Popen(["sleep", "60"])
    (folder / "engine").write_text(str(engine.pid))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({{"data": [{{"id": "m"}}]}}).encode())

    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
    """
)


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """Runs the small program, whatever it is asked to run. `plan` beside it says how."""
    path = tmp_path / "python"
    path.write_text(SERVER.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "plan").write_text("serve")
    return path


async def test_starts_waits_and_stops_with_all_that_it_started(interpreter: Path, unused_tcp_port: int) -> None:
    log = interpreter.parent / "logs" / "vllm.log"
    server = start_vllm(str(interpreter), Path("model"), unused_tcp_port, log)
    await server.wait_ready(timeout_s=20)
    engine = int((interpreter.parent / "engine").read_text())
    environ = json.loads((interpreter.parent / "environ.json").read_text())
    assert environ["HF_HUB_OFFLINE"] == environ["VLLM_NO_USAGE_STATS"] == "1"
    assert server.base_url == f"http://127.0.0.1:{unused_tcp_port}/v1"
    scratch = Path(environ["TMPDIR"])
    assert scratch.is_dir()  # noqa: ASYNC240  a test
    await server.stop(grace_s=5)
    assert server.returncode is not None
    assert not scratch.exists()  # noqa: ASYNC240  a test
    async with asyncio.timeout(5):
        while not _ended(engine):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    await server.stop()


async def test_a_server_that_ends_is_told_with_the_end_of_its_log(interpreter: Path, unused_tcp_port: int) -> None:
    (interpreter.parent / "plan").write_text("crash")
    server = start_vllm(str(interpreter), Path("model"), unused_tcp_port, interpreter.parent / "log")
    with pytest.raises(Unavailable, match=r"exit code 1\.(?s:.*)no memory left"):
        await server.wait_ready(timeout_s=20)
    await server.stop()


async def test_a_server_that_hangs_is_given_up(interpreter: Path, unused_tcp_port: int) -> None:
    (interpreter.parent / "plan").write_text("hang")
    server = start_vllm(str(interpreter), Path("model"), unused_tcp_port, interpreter.parent / "log")
    with pytest.raises(DeadlineExceeded):
        await server.wait_ready(timeout_s=0.6)
    await server.stop(grace_s=5)


def test_the_command_serves_only_this_machine_and_bounds_memory() -> None:
    command = vllm_command("py", Path("model"), 8000, VllmOptions(max_num_seqs=4))
    assert command[:3] == ["py", "-m", "vllm.entrypoints.openai.api_server"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--max-num-seqs") + 1] == "4"
    assert json.loads(command[command.index("--structured-outputs-config") + 1])["disable_any_whitespace"] is True
    environ = vllm_environment(VllmOptions(kv_cache_gib=2))
    assert environ["VLLM_CPU_KVCACHE_SPACE"] == "2"
    # Only both together keep the worker inside the engine.
    assert command[command.index("--distributed-executor-backend") + 1] == "uni"
    assert environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    assert not weights.is_prepared(tmp_path)
    with pytest.raises(FailedPrecondition, match="something else"):
        weights.prepare(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "microcoder-no-such-package")
    with pytest.raises(FailedPrecondition, match="make setup-trainer"):
        weights.prepare(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def _ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A child of a process that was killed may still wait to be collected by init.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
