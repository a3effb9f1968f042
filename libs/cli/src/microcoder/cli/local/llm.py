"""The LLM of the local platform: an endpoint that is given, or vLLM on this machine's CPU with a small open model."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from microcoder.cli.local.plan import LlmPlan, free_ports
from microcoder.cli.output import Say
from microcoder.core.errors import FailedPrecondition, MicrocoderError
from microcoder.llm.local.vllm import VllmOptions, VllmProcess, start_vllm
from microcoder.llm.local.weights import is_prepared

READY_BUDGET_S = 600.0
"""How long vLLM may take to load on a busy machine, seconds."""
_TIMEOUT_S = 900.0


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


def patience_s(environ: Mapping[str, str]) -> float | None:
    """Seconds for a request to a model of this machine; None where the person says how many."""
    return None if "MICROCODER_LLM__TIMEOUT_S" in environ else _TIMEOUT_S


def training_python() -> Path | None:
    """Interpreter of the training environment: MICROCODER_TRAINING_PYTHON, else `.venv-llm` beside this environment."""
    given = os.environ.get("MICROCODER_TRAINING_PYTHON")
    found = Path(given) if given else Path(sys.prefix).parent / ".venv-llm" / "bin" / "python"
    return found if found.exists() else None


def model_cache() -> Path:
    """Where prepared models lie."""
    base = os.environ.get("MICROCODER_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "microcoder" / "models"


async def with_llm(closing: AsyncExitStack, choice: LlmChoice, state_dir: Path, say: Say) -> RunningLlm:
    """The chosen endpoint. A local one may still be loading: the scorer waits for it.

    Raises:
        FailedPrecondition: The local one is wanted and the training environment is not there.
    """
    model_dir = model_cache() / VllmOptions().model_name
    if not choice.enabled or choice.base_url:
        say(f"LLM: {choice.base_url or 'none'}")
        known = model_dir if is_prepared(model_dir) else None
        return RunningLlm(plan=LlmPlan(base_url=choice.base_url, model=choice.model), model_dir=known)
    python = training_python()
    if python is None:
        raise FailedPrecondition(
            "The local LLM needs the training environment: run `make setup-trainer`, name another endpoint with "
            "--llm-url, or go without one with --no-llm."
        )
    await _prepare(python, model_dir, state_dir / "logs" / "model.log", say)
    started = start_vllm(str(python), model_dir, free_ports(1)[0], state_dir / "logs" / "vllm.log")
    closing.push_async_callback(started.stop)
    telling = asyncio.create_task(_tell_when_ready(started, say))
    closing.callback(telling.cancel)
    plan = LlmPlan(base_url=started.base_url, model=VllmOptions().model_name, timeout_s=patience_s(os.environ))
    return RunningLlm(plan=plan, model_dir=model_dir)


async def _prepare(python: Path, model_dir: Path, log: Path, say: Say) -> None:
    if is_prepared(model_dir):
        return
    say("LLM: preparing the model (once)")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        made = await asyncio.create_subprocess_exec(
            *(str(python), "-m", "microcoder.llm.local", "prepare", "--out", str(model_dir)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        code = await made.wait()
    if code:
        raise FailedPrecondition(f"The model could not be prepared (exit code {code}). {log} says why.")


async def _tell_when_ready(started: VllmProcess, say: Say) -> None:
    try:
        await started.wait_ready(timeout_s=READY_BUDGET_S)
    except MicrocoderError as error:
        say(f"LLM: {error.message}")
    else:
        say("LLM: ready")
