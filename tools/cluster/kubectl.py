"""`kubectl` and `helm` of one cluster and one namespace."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from microcoder.core.errors import DeadlineExceeded, FailedPrecondition

_POLL_S = 1.0
_SHOWN_EVENTS = 5
_SHOWN_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that answers."""

    namespace: str
    environ: Mapping[str, str] = field(default_factory=dict)
    """KUBECONFIG and PATH, where they are not those of this process."""

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout_s: float = 120.0, check: bool = True) -> str:
        """What `kubectl ARGUMENTS` prints.

        Raises:
            FailedPrecondition: It failed; the message is kubectl's.
        """
        return self._run(["kubectl", "--namespace", self.namespace, *arguments], stdin, timeout_s, check=check)

    def helm(self, *arguments: str, stdin: str | None = None, timeout_s: float = 900.0) -> str:
        """What `helm ARGUMENTS` prints.

        Raises:
            FailedPrecondition: It failed; the message is helm's.
        """
        return self._run(["helm", "--namespace", self.namespace, *arguments], stdin, timeout_s, check=True)

    def get(self, *arguments: str) -> dict[str, Any]:
        """`kubectl get ARGUMENTS` as data."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output", "json"))
        return found

    def apply(self, manifest: str) -> None:
        """Creates or changes objects."""
        self.kubectl("apply", "--filename", "-", stdin=manifest)

    def rolled_out(self, target: str, *, timeout_s: float) -> None:
        """Waits until all pods of `target`, as `deployment/NAME`, are ready.

        Raises:
            FailedPrecondition: They are not within `timeout_s` seconds; with what the cluster says about it.
        """
        try:
            self.kubectl("rollout", "status", target, "--timeout", f"{timeout_s:.0f}s", timeout_s=timeout_s + 20)
        except FailedPrecondition as error:
            raise FailedPrecondition("\n".join((error.message, *self._trouble()))) from error

    def _trouble(self) -> list[str]:
        """Nodes that run out of something, and the last warnings of the namespace."""
        nodes = [
            f"node {node['metadata']['name']}: {condition['type']}: {condition['message']}"
            for node in self.get("nodes")["items"]
            for condition in node["status"]["conditions"]
            if condition["type"].endswith("Pressure") and condition["status"] == "True"
        ]
        events = self.get("events", "--field-selector", "type=Warning", "--sort-by", ".lastTimestamp")["items"]
        warnings = {
            f"{event['involvedObject']['name']}: {event['reason']}": event["message"][:_SHOWN_CHARS] for event in events
        }
        return nodes + [f"{what}: {message}" for what, message in list(warnings.items())[-_SHOWN_EVENTS:]]

    def process(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A kubectl that goes on, for `port-forward`."""
        command = [self._program("kubectl"), "--namespace", self.namespace, *arguments]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self._environ(), stdin=quiet, stdout=subprocess.PIPE, stderr=quiet)

    def _run(self, command: list[str], stdin: str | None, timeout_s: float, *, check: bool) -> str:
        command[0] = self._program(command[0])
        done = subprocess.run(
            command,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=self._environ(),
            check=False,
        )
        if check and done.returncode != 0:
            shown = " ".join(command[1:8])
            raise FailedPrecondition(
                f"`{os.path.basename(command[0])} {shown} …` failed: {done.stderr.strip()[-1500:]}"
            )
        return done.stdout

    def _program(self, name: str) -> str:
        found = shutil.which(name, path=self._environ()["PATH"])
        if found is None:
            raise FailedPrecondition(f"{name} is not on PATH: install it, then run this again.")
        return found

    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self.environ}


def wait_for(what: str, ready: Callable[[], bool], *, timeout_s: float, poll_s: float = _POLL_S) -> float:
    """Polls until `ready`; gives the seconds that it took.

    Raises:
        DeadlineExceeded: It is not ready within `timeout_s` seconds.
    """
    started = time.monotonic()
    while not ready():
        if time.monotonic() - started > timeout_s:
            raise DeadlineExceeded(f"Waited {timeout_s:.0f} s for {what}.")
        time.sleep(poll_s)
    return time.monotonic() - started
