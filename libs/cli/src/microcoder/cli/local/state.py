"""What runs where: a file that the runner of the local platform writes and every command reads."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

_FILE = "stack.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """The running local platform."""

    pid: int
    """Of the runner; the platform is up while it lives."""
    services: dict[str, str] = field(default_factory=dict)
    """`host:port` of each service's gRPC port."""
    admin: dict[str, str] = field(default_factory=dict)
    """`host:port` of each service's admin port."""
    store: str = ""
    """MongoDB, without credentials."""
    bus: str = ""
    """Kafka's bootstrap servers, or the embedded log's file."""
    bus_environ: dict[str, str] = field(default_factory=dict)
    """Settings by which a command opens the same bus."""
    llm: str = ""
    """Base URL of the LLM endpoint, empty where there is none."""
    model_dir: str = ""
    """Folder of the local model, which a training run may start from."""

    def save(self, state_dir: Path) -> None:
        """Writes the file in one step, so that a reader sees all or nothing."""
        draft = state_dir / f"{_FILE}.new"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(state_dir / _FILE)

    @classmethod
    def load(cls, state_dir: Path) -> "StackState | None":
        """The running platform, None where there is none or its runner is gone."""
        try:
            state = cls(**json.loads((state_dir / _FILE).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return state if _alive(state.pid) else None

    @staticmethod
    def remove(state_dir: Path) -> None:
        """Forgets the platform; fine where there was none."""
        (state_dir / _FILE).unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
