"""A toy model and release in a real store, the real judge, and real training processes."""

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pytest_asyncio

from microcoder.core.errors import MicrocoderError
from microcoder.core.release import ReleaseFile
from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun, TrainingSpec
from microcoder.rpc import open_channel
from microcoder.store import Store, StoreSettings
from microcoder.testing.builders import NOW, make_problem, make_release, make_suite, make_test_case
from microcoder.trainer.domain.outcome import Outcome
from microcoder.trainer.domain.run_folder import RunFolder
from microcoder.v1 import judge_service_pb2
from microcoder.v1.judge_service_pb2_grpc import JudgeStub

ANSWERS = {"echo": {"5\n": "5\n", "17\n": "17\n"}, "double": {"5\n": "10\n", "17\n": "34\n"}}
NEEDS = "needs the packages of constraints/trainer.txt (make setup-trainer)"
END = "<|end|>"
OPENINGS = ("```python\nx = input()\n", "```python\nx = int(input())\n")
BODIES = ("print(x)\n```\n", "print(x * 2)\n```\n", "print(1 / 0)\n```\n")
WORDS = ("echo", "double")
TEMPLATE = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"


@dataclass(kw_only=True)
class Training:
    """Starts training processes for runs of one toy release."""

    store: Store
    release_id: str
    model: Path
    folder: Path
    environment: dict[str, str]
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def add(self, run_id: str, **spec: Any) -> TrainingRun:
        """A run that its service has just said to be running."""
        defaults = {
            "release_id": self.release_id,
            "model": str(self.model),
            "prompts_per_step": 2,
            "group_size": 32,
            "max_completion_tokens": 6,
            "learning_rate": 2e-3,
            "seed": 1,
        }
        made = TrainingSpec(**{**defaults, **spec})
        run = TrainingRun(id=run_id, spec=made, state=RunState.RUNNING, created_time=NOW)
        await self.store.training_runs.put(run)
        return run

    async def start(self, run_id: str, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
        log = RunFolder(self.folder / run_id)
        log.path.mkdir(parents=True, exist_ok=True)
        with (log.path / "output").open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "microcoder.trainer.train", "--run", run_id, *arguments),
                env={**os.environ, **self.environment, **settings},
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process

    async def train(self, run_id: str, *arguments: str, **settings: str) -> tuple[int, Outcome]:
        """Runs the process to its end: its exit code and what it left behind."""
        process = await self.start(run_id, *arguments, **settings)
        code = await asyncio.wait_for(process.wait(), 500)
        run = await self.store.training_runs.get(run_id)
        outcome = Outcome.read(RunFolder(self.folder / run_id).outcome(run.attempt))
        assert outcome is not None, self.output(run_id)
        return code, outcome

    def output(self, run_id: str) -> str:
        return (self.folder / run_id / "output").read_text()

    async def rewards(self, run_id: str) -> dict[int, float]:
        """Mean reward by step."""
        points = self.store.training_metrics.scan({"run_id": run_id})
        return {point.step: point.values["judge/mean_reward"] async for point in points}


@pytest_asyncio.fixture
async def training(
    toy_model: Path, store: Store, store_settings: StoreSettings, tmp_path: Path, judge: str
) -> AsyncIterator[Training]:
    made = Training(
        store=store,
        release_id=await release(store),
        model=toy_model,
        folder=tmp_path / "runs",
        environment={
            **_environment(store_settings),
            "MICROCODER_ENDPOINTS__JUDGE": judge,
            "MICROCODER_TRAINER__RUNS_DIR": str(tmp_path / "runs"),
            "MICROCODER_TRAINER__MICRO_BATCH": "64",
            "MICROCODER_TRAINER__THREADS": "1",
        },
    )
    yield made
    for process in made.processes:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def toy_model(tmp_path: Path) -> Path:
    return build_model(tmp_path / "model")


@pytest_asyncio.fixture
async def judge(store_settings: StoreSettings, store: Store, tmp_path: Path) -> AsyncIterator[str]:
    """The judge as a user runs it; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **_environment(store_settings),
        "MICROCODER_BUS__PATH": str(tmp_path / "bus.sqlite"),
        "MICROCODER_RPC__PORT": str(port),
        "MICROCODER_ADMIN__PORT": "0",
    }
    for process in _running([sys.executable, "-m", "microcoder.judge"], environment, tmp_path / "judge.log"):
        await _answers(f"127.0.0.1:{port}", process)
        yield f"127.0.0.1:{port}"


def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def _answers(target: str, process: subprocess.Popen[bytes]) -> None:
    channel = open_channel(target)
    try:
        async with asyncio.timeout(60):
            while True:
                assert process.poll() is None, "the judge ended, see judge.log"
                try:
                    request = judge_service_pb2.GetCapabilitiesRequest()
                    await JudgeStub(channel).GetCapabilities(request, timeout=2)
                    return
                except MicrocoderError:
                    await asyncio.sleep(0.2)
    finally:
        await channel.close()


def _environment(settings: StoreSettings) -> dict[str, str]:
    return {
        "MICROCODER_STORE__URI": settings.uri.get_secret_value(),
        "MICROCODER_STORE__DATABASE": settings.database,
        "MICROCODER_LOG__LEVEL": "info",
    }


async def release(store: Store) -> str:
    """A release of two problems whose prompt is one word; gives its id."""
    rows = [
        {"problem_id": await _problem(store, word), "revision": 1, "prompt": [{"role": "user", "content": word}]}
        for word in ANSWERS
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    digest = await store.blobs.put(out.getvalue())
    file = ReleaseFile(path="train.parquet", digest=digest, size_bytes=len(out.getvalue()), rows=len(rows))
    made = make_release(files=(file,), problem_ids=tuple(row["problem_id"] for row in rows))
    await store.releases.put(made)
    return made.id


async def _problem(store: Store, word: str) -> str:
    cases = []
    for ordinal, (given, answer) in enumerate(ANSWERS[word].items()):
        for text in (given, answer):
            await store.blobs.put(text.encode())
        cases.append(make_test_case(ordinal, input_text=given, answer_text=answer))
    problem = make_problem(word, title=word, statement=f"The {word} problem.", suite=make_suite(*cases))
    await store.problems.put(problem)
    return problem.id


def build_model(folder: Path, *, seed: int = 1) -> Path:
    """Writes a random two-layer model that can write programs, because its tokens are pieces of programs."""
    torch = pytest.importorskip("torch", reason=NEEDS)
    transformers = pytest.importorskip("transformers", reason=NEEDS)
    tokenizer = build_tokenizer()
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        initializer_range=0.2,  # so that the prompt matters from the first step on
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def build_tokenizer() -> Any:
    tokenizers = pytest.importorskip("tokenizers", reason=NEEDS)
    transformers = pytest.importorskip("transformers", reason=NEEDS)
    base = ["<|unk|>", "<|pad|>", END, *WORDS]
    vocabulary = {word: index for index, word in enumerate(base)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = tokenizers.decoders.Fuse()
    tokenizer.add_tokens([tokenizers.AddedToken(text, normalized=False) for text in (*OPENINGS, *BODIES)])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<|unk|>", pad_token="<|pad|>", eos_token=END
    )
    fast.chat_template = TEMPLATE
    return fast
