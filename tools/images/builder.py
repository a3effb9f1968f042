"""Docker or buildah, whichever is here."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_AUTHORITIES = ("MICROCODER_BUILD_CA", "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
_FIRST_WITHOUT_BUILDKIT = 23
"""From this version on Docker's command needs the plug-in buildx for BuildKit."""


class NoBuilder(Exception):
    """Nothing here can build an image; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that builds images from a Dockerfile with BuildKit's mounts."""

    command: str
    """`docker` or `buildah`, by name or path."""

    @property
    def _is_docker(self) -> bool:
        return Path(self.command).name == "docker"

    def build(
        self, dockerfile: Path, context: Path, tag: str, *, arguments: Mapping[str, str], target: str = ""
    ) -> None:
        """Builds and tags one image; what the builder says goes to standard error.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        command = [self.command, "build", "--file", str(dockerfile), "--tag", tag]
        command += [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        command += ["--target", target] if target else []
        if authorities := _authorities():
            command += ["--secret", f"id=ca,src={authorities}"]
        command += ["--progress=plain"] if self._is_docker else ["--layers"]
        self._run([*command, str(context)])

    def import_folder(self, folder: Path, tag: str) -> None:
        """Makes an image of one layer from a root file system."""
        archive = subprocess.Popen(["tar", "--numeric-owner", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE)
        with archive:
            if self._is_docker:
                self._run([self.command, "import", "--change", 'CMD ["bash"]', "-", tag], stdin=archive.stdout)
            else:
                made = self._output("from", "scratch")
                self._run([self.command, "add", made, str(folder), "/"])
                self._run([self.command, "commit", "--rm", made, tag])

    def has(self, tag: str) -> bool:
        """Whether there is such an image."""
        inspect = [self.command, "inspect", "--type", "image", tag]
        return subprocess.run(inspect, capture_output=True, check=False).returncode == 0

    def size(self, tag: str) -> int:
        """Bytes of all layers, unpacked."""
        if self._is_docker:
            return int(json.loads(self._output("inspect", "--type", "image", tag))[0]["Size"])
        listed = json.loads(self._output("images", "--json", tag))
        return sum(int(layer["rawsize"]) if "rawsize" in layer else 0 for layer in listed)

    def save(self, tags: Sequence[str], folder: Path) -> list[Path]:
        """Writes images to archives in `folder`; docker's one holds the layers that they share once."""
        if self._is_docker:
            archive = folder / "images.tar"
            self._run([self.command, "save", "--output", str(archive), *tags])
            return [archive]
        archives = [folder / f"image-{number}.tar" for number in range(len(tags))]
        for tag, archive in zip(tags, archives, strict=True):
            self._run([self.command, "push", tag, f"docker-archive:{archive}:{tag}"])
        return archives

    def push(self, tag: str, target: str) -> None:
        """Pushes an image to a registry under the name `target`."""
        self._run([self.command, "tag", tag, target])
        self._run([self.command, "push", target])

    def _run(self, command: list[str], *, stdin: object = subprocess.DEVNULL) -> None:
        environ = {**os.environ, "DOCKER_BUILDKIT": "1"}
        subprocess.run(command, check=True, cwd=ROOT, env=environ, stdin=stdin)  # type: ignore[call-overload]

    def _output(self, *arguments: str) -> str:
        return subprocess.run([self.command, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def find_builder() -> Builder:
    """The first of docker and buildah that works here.

    Raises:
        NoBuilder: There is none.
    """
    reasons = []
    for command in dict.fromkeys(filter(None, (shutil.which("docker"), "/usr/bin/docker", shutil.which("buildah")))):
        if not (reason := _unusable(command)):
            return Builder(command)
        reasons.append(f"{command}: {reason}")
    raise NoBuilder(
        "Images need docker with BuildKit and a running daemon, or buildah. "
        + ("; ".join(reasons) or "Neither is on PATH. Debian: apt-get install docker.io, or buildah")
    )


def _unusable(command: str) -> str:
    """Why a command cannot be used, empty where it can."""
    if not os.access(command, os.X_OK):
        return "is not there"
    if Path(command).name == "buildah":
        return ""
    asked = subprocess.run(
        [command, "version", "--format", "{{.Client.Version}} {{.Server.Version}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        return "its daemon does not answer; start it (`systemctl start docker`, or `dockerd &`)"
    major = int(asked.stdout.split(".", maxsplit=1)[0])
    buildx = subprocess.run([command, "buildx", "version"], capture_output=True, check=False)
    if major >= _FIRST_WITHOUT_BUILDKIT and buildx.returncode != 0:
        return "has no BuildKit; install its plug-in buildx"
    return ""


def _authorities() -> str:
    """File with the authorities that this machine trusts, where its settings name one: a proxy may need it."""
    return next((os.environ[name] for name in _AUTHORITIES if os.environ.get(name)), "")
