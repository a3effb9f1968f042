"""A bare API server of envtest's programs: etcd and kube-apiserver on 127.0.0.1, without controllers and nodes."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from microcoder.cli.local.plan import free_ports
from microcoder.cluster import ClusterSettings, connect
from microcoder.core.errors import MicrocoderError
from microcoder.testing.certificates import Authority

PROGRAMS = ("etcd", "kube-apiserver", "kubectl")
_HOST = "127.0.0.1"
_START_S = 120.0
_STOP_S = 20.0


@dataclass(slots=True, kw_only=True)
class Program:
    """A running process that can be frozen, killed and started again."""

    command: list[str]
    log: Path
    pid: int
    """Of the process that runs now; the first may be somebody else's child."""
    child: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def start(cls, command: list[str], log: Path) -> "Program":
        child = _spawn(command, log)
        return cls(command=command, log=log, pid=child.pid, child=child)

    @classmethod
    def found(cls, pid: int, log: Path) -> "Program":
        """One that runs already."""
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
        return cls(command=command, log=log, pid=pid)

    @property
    def ended(self) -> bool:
        """Whether it was started here and has ended."""
        return self.child is not None and self.child.poll() is not None

    def freeze(self) -> None:
        """It keeps its connections and answers nobody, as behind a network that swallows all."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Its port refuses connections afterwards."""
        os.kill(self.pid, signal.SIGKILL)
        if self.child is not None:
            self.child.wait(_STOP_S)

    def restart(self) -> None:
        self.child = _spawn(self.command, self.log)
        self.pid = self.child.pid

    def stop(self) -> None:
        """Ends what this object started."""
        if self.child is None:
            return
        self.child.terminate()
        try:
            self.child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(_STOP_S)


def missing_programs(assets: Path) -> list[str]:
    """Which of `PROGRAMS` are not in the folder `assets`."""
    return [name for name in PROGRAMS if not os.access(assets / name, os.X_OK)]


@contextmanager
def api_server(assets: Path, folder: Path) -> Iterator[tuple[Path, Program]]:
    """An API server with RBAC and its administrator's kubeconfig, up from entry to exit.

    Args:
        assets: Folder of `PROGRAMS`.
        folder: For data, certificates and logs.

    Raises:
        AssertionError: It does not come up; the message holds the end of its log.
    """
    client, peer, secure = free_ports(3)
    token = secrets.token_hex(16)
    authority = Authority(folder / "pki")
    kubeconfig = _kubeconfig(folder, f"https://{_HOST}:{secure}", authority.certificate, token)
    etcd = Program.start([str(assets / "etcd"), *_etcd_flags(folder, client, peer)], folder / "etcd.log")
    server = None
    try:
        flags = _server_flags(folder, authority, token, etcd=client, port=secure)
        server = Program.start([str(assets / "kube-apiserver"), *flags], folder / "kube-apiserver.log")
        wait_ready(kubeconfig, server)
        yield kubeconfig, server
    finally:
        if server is not None:
            server.stop()
        etcd.stop()


def wait_ready(kubeconfig: Path, server: Program) -> None:
    """Waits until the API server answers from its store, its own roles among the answers.

    Raises:
        AssertionError: It is not; the message holds the end of its log.
    """
    connection = connect(ClusterSettings(kubeconfig=kubeconfig, timeout_s=5))
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and not server.ended:
        try:
            connection.request("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/view")
        except MicrocoderError:
            time.sleep(0.2)
        else:
            return connection.close()
    raise AssertionError(f"the API server is not ready: {server.log.read_text(errors='replace')[-2000:]}")


def _spawn(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)


def _etcd_flags(folder: Path, client: int, peer: int) -> list[str]:
    at, between = f"http://{_HOST}:{client}", f"http://{_HOST}:{peer}"
    return [
        "--name=test", f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
        f"--listen-client-urls={at}", f"--advertise-client-urls={at}",
        f"--listen-peer-urls={between}", f"--initial-advertise-peer-urls={between}",
        f"--initial-cluster=test={between}",
    ]  # fmt: skip


def _server_flags(folder: Path, authority: Authority, token: str, *, etcd: int, port: int) -> list[str]:
    own, accounts = authority.issue(_HOST), authority.issue("service-accounts")
    tokens = folder / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f"{token},administrator,administrator,system:masters\n")
    return [
        f"--etcd-servers=http://{_HOST}:{etcd}", f"--bind-address={_HOST}", f"--secure-port={port}",
        "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC", "--allow-privileged=true",
        "--disable-admission-plugins=ServiceAccount",  # it waits for accounts that only a controller makes
        f"--tls-cert-file={own.certificate}", f"--tls-private-key-file={own.key}", f"--token-auth-file={tokens}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={accounts.certificate}", f"--service-account-signing-key-file={accounts.key}",
    ]  # fmt: skip


def _kubeconfig(folder: Path, server: str, authority: Path, token: str) -> Path:
    file = folder / "kubeconfig"
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "administrator", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "administrator", "namespace": "default"}}],
    }  # fmt: skip
    file.touch(mode=0o600)
    file.write_text(json.dumps(config))
    return file
