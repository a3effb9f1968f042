"""Which processes make up the local platform, with which settings. Pure: starting them is `stack`'s work."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from microcoder.host.ports import DEFAULT_PORTS

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmPlan:
    """The LLM endpoint that the services ask."""

    base_url: str
    """OpenAI-compatible base URL, empty for none."""
    model: str = ""
    """Model name there, empty for the only one served."""
    timeout_s: float | None = None
    """How long a request may take, None for the services' own limit. A model beside everything else on two cores may be
    so slow that a limit meant for a GPU ends every request before its answer, and the next tries make it slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """One service process."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    rpc: str
    """`host:port` of its gRPC port."""
    admin: str
    """`host:port` of its admin port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the services stand on."""

    state_dir: Path
    store_uri: str
    bus_environ: Mapping[str, str]
    llm: LlmPlan
    training_python: Path | None = None
    """Interpreter of the training environment, None where it is not set up."""
    ports: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """gRPC and admin port of each service."""


def plan_services(around: Surroundings) -> list[ServicePlan]:
    """The six services, in pipeline order."""
    shared = _shared_environ(around)
    return [
        ServicePlan(
            name=name,
            command=(sys.executable, "-m", f"microcoder.{name}"),
            environ={
                **shared,
                **_own_environ(name, around),
                "MICROCODER_RPC__HOST": HOST,
                "MICROCODER_RPC__PORT": str(around.ports[name][0]),
                "MICROCODER_ADMIN__HOST": HOST,
                "MICROCODER_ADMIN__PORT": str(around.ports[name][1]),
            },
            rpc=f"{HOST}:{around.ports[name][0]}",
            admin=f"{HOST}:{around.ports[name][1]}",
        )
        for name in DEFAULT_PORTS
    ]


def _shared_environ(around: Surroundings) -> dict[str, str]:
    environ = {
        **around.bus_environ,
        "MICROCODER_STORE__URI": around.store_uri,
        **{f"MICROCODER_ENDPOINTS__{name.upper()}": f"{HOST}:{ports[0]}" for name, ports in around.ports.items()},
    }
    if around.llm.base_url:
        environ["MICROCODER_LLM__BASE_URL"] = around.llm.base_url
    if around.llm.model:
        environ["MICROCODER_LLM__MODEL"] = around.llm.model
    if around.llm.timeout_s is not None:
        environ["MICROCODER_LLM__TIMEOUT_S"] = str(around.llm.timeout_s)
    return environ


def _own_environ(name: str, around: Surroundings) -> dict[str, str]:
    environ = {}
    if name in ("trainer", "evaluator") and around.training_python:
        environ[f"MICROCODER_{name.upper()}__PYTHON"] = str(around.training_python)
    if name == "trainer":
        environ["MICROCODER_TRAINER__RUNS_DIR"] = str(around.state_dir / "runs")
    return environ


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports of this machine that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind((HOST, 0))
        return [int(item.getsockname()[1]) for item in sockets]
    finally:
        for item in sockets:
            item.close()


def pick_ports() -> dict[str, tuple[int, int]]:
    """Free gRPC and admin ports for all services."""
    ports = free_ports(2 * len(DEFAULT_PORTS))
    return {name: (ports[2 * i], ports[2 * i + 1]) for i, name in enumerate(DEFAULT_PORTS)}
