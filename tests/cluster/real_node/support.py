"""A release on a real node, as a person works with it; a contest host beside the cluster."""

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microcoder.testing.openai import ScriptedOpenAI
from microcoder.testing.platform import clean_environ
from tools.cluster.kubectl import Cluster

HOST = "10.245.0.1"
"""This machine, as pods of the local cluster see it."""
SERVICES = ("scraper", "normalizer", "judge", "scorer", "trainer", "evaluator")


class ContestHost:
    """Serves a folder over HTTP where pods reach it; what is written into the folder is there at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = functools.partial(_Quiet, directory=str(folder))
        self._http = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    def __enter__(self) -> "ContestHost":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def publish(self, name: str, files: Mapping[str, bytes]) -> str:
        """Puts a feed into a folder of its own and gives its address."""
        (self.folder / name).mkdir()
        for path, content in files.items():
            (self.folder / name / path).write_bytes(content)
        return f"http://{HOST}:{self._http.server_port}/{name}/feed.json"

    def source(self, name: str) -> str:
        """What the problems of the feed `name` are filed under."""
        return f"feed:{HOST}:{self._http.server_port}/{name}/feed"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@dataclass(slots=True)
class Platform:
    """A release that is installed, with its services at ports of this machine."""

    cluster: Cluster
    release: str
    environ: Mapping[str, str]
    state: Path
    llm: ScriptedOpenAI
    contests: ContestHost
    install_s: float

    def cli(self, *arguments: str, timeout_s: float = 300.0) -> Any:
        """Runs `microcoder ARGUMENTS --json` and gives what it printed; waits for a service that is on its way back."""
        command = [sys.executable, "-m", "microcoder.cli", *arguments, "--json", "--state", str(self.state)]
        environ = {**clean_environ(), **self.environ}
        end = time.monotonic() + _COMES_BACK_S
        while True:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, env=environ, check=False)
            if done.returncode == 0 or '"UNAVAILABLE"' not in done.stdout or time.monotonic() > end:
                break
            time.sleep(1.0)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def cli_in_cluster(self, *arguments: str) -> Any:
        """The same as a pod of the image of the command, for what only the bus knows."""
        pod = f"cli-{os.getpid()}-{time.monotonic_ns() % 10**6}"
        self.cluster.kubectl(
            "run", pod, "--image=microcoder/cli:0.1.0", "--restart=Never",
            "--env=MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS=kafka:9092",
            "--", *arguments, "--json", "--state", "/tmp",
        )  # fmt: skip
        self.cluster.kubectl("wait", f"pod/{pod}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
        said = self.cluster.kubectl("logs", pod)
        self.cluster.kubectl("delete", "pod", pod, "--wait=false")
        return json.loads(said)

    def problems(self, source: str) -> dict[str, dict[str, Any]]:
        """The problems of a source by id."""
        return {item["problem_id"]: item for item in self.cli("problems", "--limit", "500", "--source", source)}

    def wait_settled(self, source: str, count: int, *, timeout_s: float) -> dict[str, dict[str, Any]]:
        """Waits until `count` problems of a source are there and each is scored or rejected."""
        found: dict[str, dict[str, Any]] = {}

        def settled() -> bool:
            nonlocal found
            found = self.problems(source)
            return len(found) == count and {item["state"] for item in found.values()} <= _SETTLED

        took = wait(settled, timeout_s, lambda: f"{count} problems of {source} to settle: {_states(found)}")
        print(f"{count} problems of {source} settled within {took:.0f} s of waiting for them")
        return found

    def wait_progress(self, source: str, count: int, *, timeout_s: float) -> None:
        """Waits until `count` problems of a source have come further than being collected."""

        def moved() -> bool:
            states = [item["state"] for item in self.problems(source).values()]
            return len([state for state in states if state != "STAGE_COLLECTED"]) >= count

        wait(moved, timeout_s, lambda: f"{count} problems of {source} to move")

    def pods(self, component: str = "") -> list[dict[str, Any]]:
        """The running pods of a service, or of all."""
        selector = f"app.kubernetes.io/instance={self.release}"
        selector += f",app.kubernetes.io/component={component}" if component else ""
        pods: list[dict[str, Any]] = self.cluster.get("pods", "--selector", selector)["items"]
        return [
            pod for pod in pods if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]

    def ready(self) -> bool:
        """Whether every service has its pods ready."""
        deployments = self.cluster.get("deployments", "--selector", f"app.kubernetes.io/instance={self.release}")[
            "items"
        ]
        return len(deployments) == len(SERVICES) and all(
            item["status"].get("readyReplicas", 0) == item["spec"]["replicas"] for item in deployments
        )


_COMES_BACK_S = 120.0
"""How long a pod that was killed or evicted may take until it serves again."""
_SETTLED = frozenset({"STAGE_SCORED", "STAGE_RELEASED", "STAGE_REJECTED"})


def _states(found: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    states = [item["state"] for item in found.values()]
    return {state: states.count(state) for state in sorted(set(states))}


def wait(ready: Callable[[], bool], seconds: float, what: Callable[[], str]) -> float:
    """Polls until `ready`; gives the seconds that it took."""
    started = time.monotonic()
    while not ready():
        assert time.monotonic() - started < seconds, f"waited {seconds:.0f} s for {what()}"
        time.sleep(1.0)
    return time.monotonic() - started
