import os
from pathlib import Path

from microcoder.cli.connect import endpoints
from microcoder.cli.local.state import StackState
from microcoder.host.ports import DEFAULT_PORTS


def test_state_survives_the_file(tmp_path: Path) -> None:
    state = StackState(pid=os.getpid(), services={"judge": "127.0.0.1:1"}, bus_environ={"A": "b"})
    state.save(tmp_path)
    assert StackState.load(tmp_path) == state
    StackState.remove(tmp_path)
    assert StackState.load(tmp_path) is None


def test_state_of_a_dead_runner_is_no_state(tmp_path: Path) -> None:
    StackState(pid=2**22 - 1).save(tmp_path)
    assert StackState.load(tmp_path) is None


def test_damaged_state_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    assert StackState.load(tmp_path) is None


def test_endpoints_prefer_settings_then_the_running_platform_then_defaults(tmp_path: Path) -> None:
    StackState(pid=os.getpid(), services={"judge": "127.0.0.1:1", "scorer": "127.0.0.1:2"}).save(tmp_path)
    found = endpoints(tmp_path, {"MICROCODER_ENDPOINTS__JUDGE": "judge.example:50053"})
    assert found["judge"] == "judge.example:50053"
    assert found["scorer"] == "127.0.0.1:2"
    assert found["trainer"] == f"127.0.0.1:{DEFAULT_PORTS['trainer'].rpc}"
