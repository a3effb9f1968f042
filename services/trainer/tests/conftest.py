"""The trainer as its host wires it, with a small program in the place of the training process."""

import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from microcoder.core.training import TrainingRun, TrainingSpec
from microcoder.store import OutboxRecord, Store
from microcoder.testing.builders import make_release
from microcoder.trainer.adapters.local_process import LocalLauncher
from microcoder.trainer.supervisor import Supervisor

CHILD = textwrap.dedent(
    """
    import json, pathlib, signal, sys, time

    run = sys.argv[sys.argv.index("--run") + 1]
    folder = pathlib.Path(sys.argv[1]) / run
    plan = json.loads((folder.parent / "plan.json").read_text())

    def end(code, message):
        attempt = json.loads((folder / "process.json").read_text())["attempt"]
        (folder / f"outcome-{attempt}.json").write_text(json.dumps({"exit_code": code, "message": message}))
        sys.exit(code)

    signal.signal(signal.SIGTERM, lambda *_: end(143, "Stopped after step 3 of 10; it can be resumed."))
    (folder / "arguments").write_text(" ".join(sys.argv[2:]))
    if plan == "wait":
        time.sleep(60)
    elif plan == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / "deaf").touch()
        time.sleep(60)
    elif plan == "no torch":
        import torch_is_not_here
    elif plan == "finish":
        time.sleep(0.1)
        end(0, "The trained model is in final.")
    """
)


class Bench:
    """Launcher and supervisor on a folder of their own. `plan` says what training processes do from now on."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.runs_dir = folder / "runs"
        self.runs_dir.mkdir()
        self.script = folder / "child.py"
        self.script.write_text(CHILD)
        self.launchers: list[LocalLauncher] = []
        self.plan("wait")
        self.restart()

    def plan(self, plan: str) -> None:
        (self.runs_dir / "plan.json").write_text(f'"{plan}"')

    def restart(self, *, python: str = sys.executable, max_concurrent: int = 1, stop_grace_s: float = 30.0) -> None:
        """A new service that knows nothing but what lies in the store and on disk."""
        self.launcher = LocalLauncher(python, self.runs_dir, {}, [str(self.script), str(self.runs_dir)])
        self.launchers.append(self.launcher)
        self.supervisor = Supervisor(
            self.store.training_runs,
            self.launcher,
            announce,
            max_concurrent=max_concurrent,
            poll_s=0.05,
            stop_grace_s=stop_grace_s,
        )

    def model(self) -> str:
        """A folder that looks like a checkpoint."""
        folder = self.folder / "model"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").touch()
        return str(folder)

    async def spec(self, **fields: object) -> TrainingSpec:
        """A specification whose release and model are there."""
        release = make_release()
        await self.store.releases.put(release)
        return TrainingSpec(release_id=release.id, model=self.model(), max_steps=10, **fields)  # type: ignore[arg-type]

    async def until(self, run_id: str, holds: Callable[[TrainingRun], bool], seconds: float = 15.0) -> TrainingRun:
        """Reconciles until the run is as wanted."""
        import asyncio  # noqa: PLC0415

        async with asyncio.timeout(seconds):
            while True:
                await self.supervisor.reconcile()
                run = await self.store.training_runs.get(run_id)
                if holds(run):
                    return run
                await asyncio.sleep(0.05)

    async def started(self, run_id: str) -> None:
        """Until the process of the run is past its beginning."""
        await self.until(run_id, lambda run: (self.runs_dir / run.id / "arguments").exists())


def announce(run: TrainingRun) -> OutboxRecord:
    return OutboxRecord(topic="t", key=run.id, value=run.state.value.encode())


@pytest.fixture
def announcer() -> Callable[[TrainingRun], OutboxRecord]:
    return announce


@pytest_asyncio.fixture
async def bench(store: Store, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(store, tmp_path)
    yield made
    for launcher in made.launchers:
        for child in launcher._children.values():
            child.kill()
            child.wait()
