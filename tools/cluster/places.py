"""Where the platform goes: the cluster that is there, or one of this machine."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from microcoder.cli.output import Say
from microcoder.core.errors import FailedPrecondition
from tools.cluster.kubectl import Cluster
from tools.cluster.local import KubeLocal, find_kube_local
from tools.cluster.release import Seccomp
from tools.images.builder import ROOT, Builder

PROFILE = ROOT / "deploy" / "seccomp" / "judge.json"
_PROFILE_NAME = "microcoder/judge.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster, and how images get there."""

    cluster: Cluster
    local: KubeLocal | None
    """The cluster of this machine; None for one that was there."""
    registry: str
    """Where images are pushed to and pulled from, with its prefix; empty for the cluster of this machine."""

    def bring(self, builder: Builder, tags: list[str], say: Say) -> None:
        """Makes images known to the nodes."""
        if self.local is None:
            for tag in tags:
                builder.push(tag, f"{self.registry}/{tag}")
            return
        if not tags:
            return
        say(f"Images: loading {len(tags)}")
        with tempfile.TemporaryDirectory(prefix="microcoder-images-") as scratch:
            self.local.load(*builder.save(tags, Path(scratch)))

    def has(self, tag: str) -> bool:
        """Whether a node has an image of this name, whatever is in it."""
        nodes = self.cluster.get("nodes")["items"]
        known = {
            name for node in nodes for image in node["status"].get("images", ()) for name in image.get("names") or ()
        }
        return f"docker.io/{tag}" in known

    def seccomp(self) -> Seccomp:
        """How the judge's jail is allowed there."""
        if self.local is None or not PROFILE.exists():
            return Seccomp()
        self.local.add_seccomp_profile(PROFILE, _PROFILE_NAME)
        return Seccomp(profile=_PROFILE_NAME)

    def image(self, tag: str) -> str:
        """An image as a manifest names it."""
        return f"{self.registry}/{tag}" if self.registry else tag


def find_place(*, namespace: str, registry: str, folder: Path, say: Say) -> Place:
    """The cluster of KUBECONFIG, else one of this machine, which is started in `folder` if it does not run there.

    Raises:
        FailedPrecondition: There is neither, or images have no way to the cluster.
    """
    if os.environ.get("KUBECONFIG"):
        if not registry:
            raise FailedPrecondition("Give --registry: where the nodes of this cluster pull images from.")
        say(f"Cluster: that of KUBECONFIG, namespace {namespace}")
        return Place(cluster=Cluster(namespace=namespace), local=None, registry=registry)
    program = find_kube_local()
    if program is None:
        raise FailedPrecondition(
            "There is no cluster: set KUBECONFIG to one (with helm and kubectl on PATH) and give --registry, "
            "or put `kube-local` on PATH."
        )
    if os.geteuid() != 0:
        raise FailedPrecondition("A cluster of this machine needs root, for its node; or set KUBECONFIG to another.")
    say("Cluster: starting one on this machine")
    local = KubeLocal(program, folder)
    environ = local.up()
    return Place(cluster=Cluster(namespace=namespace, environ=environ), local=local, registry="")
