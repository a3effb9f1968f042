"""The service as it is wired, with the real entry point of the training process."""

import asyncio
import importlib.util
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from microcoder.core.release import ReleaseFile
from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun, TrainingSpec
from microcoder.rpc import watch
from microcoder.store import StoreSettings
from microcoder.testing.builders import make_release
from microcoder.trainer.app import build
from microcoder.trainer.domain.outcome import ExitCode, Outcome
from microcoder.trainer.domain.run_folder import RunFolder
from microcoder.trainer.settings import TrainerServiceSettings, TrainerSettings
from microcoder.v1 import trainer_service_pb2 as pb
from microcoder.v1 import training_pb2
from microcoder.v1.trainer_service_pb2_grpc import TrainerStub
from microcoder.wire import from_proto, to_proto

WITHOUT_TORCH = importlib.util.find_spec("torch") is None


@pytest.mark.skipif(not WITHOUT_TORCH, reason="torch is here; see tests/llm for what happens then")
async def test_a_training_environment_without_torch_is_told_from_end_to_end(
    runtime: Any, serve: Any, store_settings: StoreSettings, bench: Any, tmp_path: Path
) -> None:
    runs_dir = tmp_path / "own runs"
    settings = TrainerServiceSettings(store=store_settings, trainer=TrainerSettings(runs_dir=runs_dir))
    made = runtime("trainer", settings)
    out = io.BytesIO()
    row = {"problem_id": "p", "revision": 1, "prompt": [{"role": "user", "content": "Add."}]}
    pq.write_table(pa.Table.from_pylist([row]), out)
    digest = await made.store.blobs.put(out.getvalue())
    release = make_release(files=(ReleaseFile(path="train.parquet", digest=digest, size_bytes=1),))
    await made.store.releases.put(release)
    parts = await build(made)
    stub: Any = TrainerStub(await serve(parts.servicers))
    spec = to_proto(TrainingSpec(release_id=release.id, model=bench.model()), training_pb2.TrainingSpec)
    task = asyncio.ensure_future(parts.tasks[0]())
    try:
        created = await stub.CreateTrainingRun(pb.CreateTrainingRunRequest(spec=spec), timeout=10)
        run_id = created.training_run.id
        states = [run async for run in watch(lambda: made.store.training_runs.get(run_id), ended=_ended)]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for close in parts.close:
            await close()
    last = states[-1]
    assert last.state is RunState.FAILED
    assert "lacks the Python package torch" in last.message
    assert "MICROCODER_TRAINER__PYTHON" in last.message
    outcome = Outcome.read(RunFolder(runs_dir / run_id).outcome(1))
    assert outcome is not None
    assert outcome.exit_code == ExitCode.NO_PACKAGES
    assert from_proto(created.training_run, TrainingRun).state is RunState.PENDING


def _ended(run: TrainingRun) -> bool:
    return run.state.ended
