"""Sampling from a checkpoint by a child process in the training environment."""

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from microcoder.core.errors import FailedPrecondition
from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.domain.answers import Completion
from microcoder.evaluator.sampling import SampleOutcome, SampleRequest, printable
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
_MAX_LINE_BYTES = 64 * 1024 * 1024
_TAIL_LINES = 15


class CheckpointSampler:
    """A model in a folder. See `microcoder.evaluator.sample` for the other side."""

    def __init__(self, spec: EvaluationSpec, *, python: Path, batch_sequences: int) -> None:
        self._spec = spec
        self._python = python
        self._batch_sequences = batch_sequences
        self._process: asyncio.subprocess.Process | None = None

    async def model(self) -> str:
        return self._spec.checkpoint

    async def sample(self, requests: Sequence[SampleRequest]) -> AsyncGenerator[SampleOutcome]:
        process = await self._start()
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        helpers = [asyncio.create_task(_feed(process, requests)), asyncio.create_task(_collect_log(process, tail))]
        try:
            assert process.stdout is not None  # noqa: S101  asked for in _start
            async for line in process.stdout:
                yield _outcome(line)
            await asyncio.gather(*helpers)
            if await process.wait() != 0:
                raise FailedPrecondition(_explain(process.returncode, tail), reason="SAMPLING_FAILED")
        finally:
            for helper in helpers:
                helper.cancel()
            await self.close()

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        spec = self._spec
        command = [
            *(str(self._python), "-m", "microcoder.evaluator.sample"),
            *("--checkpoint", spec.checkpoint),
            *("--temperature", str(spec.temperature)),
            *("--max-tokens", str(spec.max_tokens)),
            *("--batch-sequences", str(self._batch_sequences)),
        ]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_MAX_LINE_BYTES,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise FailedPrecondition(
                f"{self._python} cannot be started: {error.strerror}. Set MICROCODER_EVALUATOR__PYTHON to the "
                "interpreter of the training environment (`make setup-trainer` makes one)."
            ) from error
        return self._process


def _environment() -> dict[str, str]:
    """Ours without our settings, which hold secrets; and nothing is downloaded in a run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MICROCODER_")}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    # The judge works on the same processors: threads that wait by spinning take several times as long then.
    return {"OMP_WAIT_POLICY": "PASSIVE", "THP_MEM_ALLOC_ENABLE": "1", **kept, **offline}


async def _feed(process: asyncio.subprocess.Process, requests: Sequence[SampleRequest]) -> None:
    assert process.stdin is not None  # noqa: S101  asked for in _start
    with suppress(ConnectionError):  # it ended early; its exit code says why
        for request in requests:
            prompt = {
                "id": request.item_id,
                "messages": list(request.messages),
                "samples": request.samples,
                "seed": request.seed,
            }
            process.stdin.write(json.dumps(prompt).encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()


async def _collect_log(process: asyncio.subprocess.Process, tail: deque[str]) -> None:
    assert process.stderr is not None  # noqa: S101  asked for in _start
    async for line in process.stderr:
        text = line.decode("utf-8", "replace").rstrip()
        tail.append(text)
        _LOG.debug("sampling", line=text[:500])


def _outcome(line: bytes) -> SampleOutcome:
    reply: dict[str, Any] = json.loads(line)
    completions = tuple(
        Completion(text=printable(entry["text"]), truncated=entry["truncated"])
        for entry in reply.get("completions", ())
    )
    return SampleOutcome(item_id=reply["id"], completions=completions, failure=reply.get("error", ""))


def _explain(returncode: int | None, tail: Sequence[str]) -> str:
    what = f"by signal {-returncode}" if returncode is not None and returncode < 0 else f"with code {returncode}"
    if returncode == -signal.SIGKILL:
        what += " (out of memory?)"
    return f"The sampling process ended {what}: {' | '.join(line for line in tail if line)[-1000:]}"
