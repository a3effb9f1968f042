"""Wiring of the service."""

import sys

from microcoder.core.training import TrainingRun
from microcoder.host import Parts, Runtime
from microcoder.rpc import Registration
from microcoder.store import OutboxRecord
from microcoder.trainer.adapters.local_process import LocalLauncher
from microcoder.trainer.environment import as_environment
from microcoder.trainer.servicer import TrainerServicer
from microcoder.trainer.settings import TrainerServiceSettings
from microcoder.trainer.supervisor import Supervisor
from microcoder.v1 import run_pb2
from microcoder.v1.events_pb2 import TrainingRunChanged
from microcoder.v1.trainer_service_pb2_grpc import add_TrainerServicer_to_server

_FOR_THE_PROCESS = frozenset({"store", "channel", "endpoints", "log", "trainer"})
"""Groups of settings that a training process reads."""


async def build(runtime: Runtime[TrainerServiceSettings]) -> Parts:
    """The parts of the trainer: its gRPC service and the supervisor of its processes."""
    settings = runtime.settings.trainer
    launcher = LocalLauncher(
        settings.python or sys.executable, settings.runs_dir, as_environment(runtime.settings, _FOR_THE_PROCESS)
    )

    def announce(run: TrainingRun) -> OutboxRecord:
        state = run_pb2.RunState.Value(f"RUN_STATE_{run.state.name}")
        return runtime.outbox(TrainingRunChanged(run_id=run.id, state=state))

    supervisor = Supervisor(
        runtime.store.training_runs,
        launcher,
        announce,
        max_concurrent=settings.max_concurrent,
        poll_s=settings.poll_s,
        stop_grace_s=settings.stop_grace_s,
        clock=runtime.clock,
    )
    servicer = TrainerServicer(runtime.store, launcher, supervisor, announce, runtime.clock)
    return Parts(
        servicers=[
            Registration(full_name="microcoder.v1.Trainer", add=add_TrainerServicer_to_server, servicer=servicer)
        ],
        tasks=[supervisor.run],
        outboxes=[runtime.store.training_runs],
        close=[launcher.close],
    )
