"""The LLM of the local platform: an endpoint that is given, or vLLM on this machine's CPU with a small open model."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from microcoder.cli.local.plan import LlmPlan

_LOCAL_MODEL = "smollm2"
_STOP_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmChoice:
    """Which LLM to use."""

    enabled: bool = True
    """False starts none: problems are then collected and verified, not scored."""
    base_url: str = ""
    """An OpenAI-compatible endpoint instead of the local one."""
    model: str = ""
    """Model name at that endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLlm:
    """What was found or started."""

    plan: LlmPlan
    model_dir: Path | None
    """Folder of the local model's weights, None where the endpoint is elsewhere."""


def training_python() -> Path | None:
    """Interpreter of the training environment: MICROCODER_TRAINING_PYTHON, else `.venv-llm` beside this environment."""
    given = os.environ.get("MICROCODER_TRAINING_PYTHON")
    found = Path(given) if given else Path(sys.prefix).parent / ".venv-llm" / "bin" / "python"
    return found if found.exists() else None


def model_cache() -> Path:
    """Where prepared models lie."""
    base = os.environ.get("MICROCODER_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "microcoder" / "models"
