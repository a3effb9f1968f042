"""The services of a cluster at ports of this machine, with what their calls need."""

import base64
import contextlib
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from microcoder.core.errors import Unavailable
from tools.cluster.kubectl import Cluster
from tools.images.recipes import SERVICES

_BOUND = re.compile(rb"Forwarding from 127\.0\.0\.1:(\d+)")
_RPC_PORT = 50051


@contextlib.contextmanager
def services_here(cluster: Cluster, release: str, *, folder: Path | None = None) -> Iterator[dict[str, str]]:
    """Forwards all services; gives the settings (environment variables) by which `microcoder` calls them.

    Raises:
        Unavailable: A service cannot be forwarded.
    """
    with contextlib.ExitStack() as closing:
        scratch = folder or Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="microcoder-cluster-")))
        environ = credentials(cluster, release, scratch)
        for name in SERVICES:
            forward = closing.enter_context(Forward(cluster, f"{release}-{name}", _RPC_PORT))
            environ[f"MICROCODER_ENDPOINTS__{name.upper()}"] = f"localhost:{forward.port}"
        yield environ


def credentials(cluster: Cluster, release: str, folder: Path) -> dict[str, str]:
    """The release's authority, client certificate and token as files in `folder`, and the settings that name them."""
    environ = {}
    if tls := _secret(cluster, f"{release}-client-tls"):
        for name, content in tls.items():
            _write(folder / name, content)
        environ = {
            "MICROCODER_CHANNEL__SECURE": "true",
            "MICROCODER_CHANNEL__TLS__CA_FILE": str(folder / "ca.crt"),
            "MICROCODER_CHANNEL__TLS__CERT_FILE": str(folder / "tls.crt"),
            "MICROCODER_CHANNEL__TLS__KEY_FILE": str(folder / "tls.key"),
        }
    if token := _secret(cluster, f"{release}-token"):
        _write(folder / "token", token["token"])
        environ["MICROCODER_CHANNEL__TOKEN_FILE"] = str(folder / "token")
    return environ


def _secret(cluster: Cluster, name: str) -> dict[str, bytes]:
    """Content of a Secret, empty where there is none."""
    found = cluster.get("secrets", f"--field-selector=metadata.name={name}")["items"]
    return {key: base64.b64decode(value) for key, value in found[0]["data"].items()} if found else {}


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


class Forward:
    """One forwarded port. A forward ends with the pod behind it; it is then opened again, on the same port."""

    def __init__(self, cluster: Cluster, service: str, port: int) -> None:
        self._cluster = cluster
        self._service = service
        self._remote = port
        self.port = 0
        """On 127.0.0.1, after entry."""
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"forward {service}", daemon=True)

    def __enter__(self) -> "Forward":
        self._open()
        if not self.port:
            raise Unavailable(f"{self._service} cannot be reached: `kubectl port-forward` ended.")
        self._keeper.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        if self._process is not None:
            self._process.kill()
        self._keeper.join()

    def _open(self) -> None:
        self._process = self._cluster.process("port-forward", f"service/{self._service}", f"{self.port}:{self._remote}")
        assert self._process.stdout is not None
        found = _BOUND.search(self._process.stdout.readline())
        if found is not None:
            self.port = int(found[1])

    def _keep(self) -> None:
        while not self._closing.is_set():
            assert self._process is not None
            with contextlib.closing(self._process.stdout) as output:  # type: ignore[type-var]  # a pipe
                for _ in output or ():
                    pass  # "Handling connection for …"
            self._process.wait()
            if not self._closing.wait(0.5):
                self._open()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
