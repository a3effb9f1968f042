"""A whole platform as a user starts it: `microcoder up`, real mongod, embedded bus, an LLM endpoint over real HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from microcoder.cli.local.state import StackState
from microcoder.testing.openai import ScriptedOpenAI

START_S = 120.0


class Platform:
    """A running platform and the command to talk to it."""

    def __init__(self, state_dir: Path, llm: ScriptedOpenAI, *options: str) -> None:
        self.state_dir = state_dir
        self.llm = llm
        self.log = state_dir.parent / "up.log"
        command = [sys.executable, "-m", "microcoder.cli", "up", "--state", str(state_dir), "--llm-url", llm.base_url]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=clean_environ())
        self.wait(lambda: StackState.load(state_dir) is not None, START_S, "the platform to come up")

    def cli(self, *arguments: str, ok: bool = True, timeout_s: float = 300.0) -> Any:
        """Runs `microcoder ARGUMENTS --json` and gives what it printed."""
        command = [sys.executable, "-m", "microcoder.cli", *arguments, "--json", "--state", str(self.state_dir)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, env=clean_environ(), check=False
        )
        assert (done.returncode == 0) is ok, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def problems(self) -> dict[str, dict[str, Any]]:
        """All problems by id."""
        return {item["problem_id"]: item for item in self.cli("problems", "--limit", "500")}

    def settled(self, count: int) -> bool:
        """Whether `count` problems are there and all are scored or rejected."""
        states = [item["state"] for item in self.problems().values()]
        return len(states) == count and set(states) <= {"STAGE_SCORED", "STAGE_RELEASED", "STAGE_REJECTED"}

    def wait(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Polls until `ready`."""
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, f"the platform ended:\n{self.log.read_text()}"
            assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}:\n{self.log.read_text()}"
            time.sleep(0.5)

    def pid_of(self, name: str) -> int:
        """Process id of a service (or of mongod) that the platform runs now."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes().decode().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and any(part.endswith(name) for part in command):
                return int(entry.name)
        raise AssertionError(f"{name} does not run")

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)


def clean_environ() -> dict[str, str]:
    """The environment without settings that would point this platform at another."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MICROCODER_", "MONGODB_"))}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "200"}
