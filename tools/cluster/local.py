"""A cluster of this machine: a control plane and one real node, by the program `kube-local`."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from microcoder.core.errors import FailedPrecondition

_ROOT = Path(__file__).resolve().parents[2]
_EXPORT = re.compile(r'^export (\w+)="(.*)"$', flags=re.MULTILINE)


def find_kube_local() -> Path | None:
    """The program on PATH, in MICROCODER_SHARED or beside this repository; None where there is none."""
    on_path = shutil.which("kube-local")
    shared = Path(os.environ.get("MICROCODER_SHARED") or _ROOT.parent / "shared")
    beside = shared / "k8s" / "kube-local"
    return Path(on_path) if on_path else beside if beside.exists() else None


@dataclass(frozen=True, slots=True)
class KubeLocal:
    """A cluster with one real node, in `folder`."""

    program: Path
    folder: Path

    def up(self) -> dict[str, str]:
        """Starts it, or finds it running; gives the settings by which kubectl reaches it.

        Raises:
            FailedPrecondition: It does not start; the message says why.
        """
        printed = self._run("up", "--node", "--gpu-nodes", "0")
        return {name: value.replace("$PATH", os.environ["PATH"]) for name, value in _EXPORT.findall(printed)}

    def down(self) -> None:
        """Stops it and removes its folder."""
        self._run("down")

    def load(self, *archives: Path) -> None:
        """Gives the node images."""
        self._run("load", *map(str, archives))

    def add_seccomp_profile(self, profile: Path, name: str) -> None:
        """Puts a seccomp profile where the node's kubelet looks for profiles of type Localhost."""
        target = self.folder / "kubelet" / "seccomp" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(profile, target)

    def _run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.program), command, "--dir", str(self.folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise FailedPrecondition(f"`kube-local {command}` failed: {(done.stderr or done.stdout).strip()[-1500:]}")
        return done.stdout
