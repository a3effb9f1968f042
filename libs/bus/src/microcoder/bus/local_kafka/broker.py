"""Starting, stopping and breaking one broker."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from microcoder.bus.kafka.client import make_admin
from microcoder.bus.kafka.thread import kafka_errors
from microcoder.bus.local_kafka.jars import fetch, java_command
from microcoder.bus.settings import KafkaSettings
from microcoder.core.errors import MicrocoderError, Unavailable

START_TIMEOUT_S = 90.0
"""A start takes 3 to 7 s on two cores that are not busy."""
STOP_TIMEOUT_S = 15.0
"""How long a broker may take to close its logs before it is killed; its log survives that too."""
_JAVA_OPTIONS = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

_PROPERTIES = """\
# Written by microcoder.bus.local_kafka: one node for one machine.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
# One node: one copy, and few partitions for the internal topics.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Quick: no wait for further members at a group's start, and a broker that was killed may soon be back.
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
"""


@dataclass(frozen=True, slots=True)
class KafkaProcess:
    """A broker that was started in `folder`. It outlives this program unless it is stopped."""

    folder: Path
    bootstrap_servers: str
    pid: int

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return _is_broker(self.pid, self.folder)

    def stop(self) -> None:
        """Ends it in order, or by force where that takes too long."""
        self._end(signal.SIGTERM, STOP_TIMEOUT_S)
        self.kill()

    def kill(self) -> None:
        """Ends it as a crash would (SIGKILL)."""
        self._end(signal.SIGKILL, STOP_TIMEOUT_S)

    def _end(self, how: signal.Signals, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        if self.alive:
            os.kill(self.pid, how)
        while self.alive and time.monotonic() < deadline:
            _reap(self.pid)
            time.sleep(0.05)


def start(folder: Path) -> KafkaProcess:
    """Starts the broker of `folder`, with its data and port if there are any, and waits until it answers.

    Raises:
        FailedPrecondition: Java or Maven is missing.
        Unavailable: It did not start; the message says where its log is.
    """
    if (already := running(folder)) is not None:
        return already
    folder = folder.resolve()
    java = [java_command(), *_JAVA_OPTIONS, "-cp", f"{fetch()}/*"]
    properties = folder / "server.properties"
    if not properties.exists():
        _format(java, folder)
    with (folder / "broker.log").open("ab") as log:
        process = subprocess.Popen(
            [*java, "kafka.Kafka", str(properties)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        )
    broker = KafkaProcess(folder, f"127.0.0.1:{_port_of(properties)}", process.pid)
    state = {"pid": broker.pid, "bootstrap_servers": broker.bootstrap_servers}
    (folder / "broker.json").write_text(json.dumps(state))
    _wait_until_ready(broker, process)
    return broker


def running(folder: Path) -> KafkaProcess | None:
    """The broker that runs in `folder`, if one does."""
    folder = folder.resolve()
    try:
        state = json.loads((folder / "broker.json").read_text())
    except (OSError, ValueError):
        return None
    broker = KafkaProcess(folder, state["bootstrap_servers"], state["pid"])
    return broker if broker.alive else None


def _format(java: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    port, controller = _free_ports(2)
    draft = folder / f"server.properties.{secrets.token_hex(4)}"
    draft.write_text(_PROPERTIES.format(port=port, controller=controller, data=folder / "data"))
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    command = [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", cluster]
    done = subprocess.run(
        [*command, "--config", str(draft)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"Kafka could not prepare {folder}: {(done.stderr or done.stdout).strip()[-500:]}")
    draft.rename(folder / "server.properties")


def _wait_until_ready(broker: KafkaProcess, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(broker):
        if process.poll() is not None:
            tail = (broker.folder / "broker.log").read_text(errors="replace").splitlines()[-5:]
            raise Unavailable(f"Kafka ended at its start; see {broker.folder / 'broker.log'}:\n" + "\n".join(tail))
        if time.monotonic() > deadline:
            broker.kill()
            raise Unavailable(
                f"Kafka did not answer within {START_TIMEOUT_S:.0f} s; see {broker.folder / 'broker.log'}"
            )
        time.sleep(0.1)


def _answers(broker: KafkaProcess) -> bool:
    host, port = broker.bootstrap_servers.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        return bool(count_brokers(broker.bootstrap_servers))
    except (OSError, MicrocoderError):
        return False


def count_brokers(bootstrap_servers: str) -> int:
    """Brokers that are ready to lead partitions.

    Raises:
        Unavailable: None answers.
    """
    with kafka_errors(bootstrap_servers):
        admin = make_admin(KafkaSettings(bootstrap_servers=bootstrap_servers, connect_timeout_s=5))
        try:
            return len(admin.describe_cluster()["brokers"])
        finally:
            admin.close()


def _port_of(properties: Path) -> int:
    listeners = next(line for line in properties.read_text().splitlines() if line.startswith("advertised.listeners="))
    return int(listeners.rsplit(":", 1)[1])


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _is_broker(pid: int, folder: Path) -> bool:
    """Whether `pid` is the broker of `folder` and not another program that got its number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(folder / "server.properties").encode() in command


def _reap(pid: int) -> None:
    """Takes note of the end of a child; a broker that another program started is no child of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
