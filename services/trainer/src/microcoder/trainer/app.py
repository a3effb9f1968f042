"""Wiring of the service."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress

from microcoder.cluster import connect
from microcoder.core.training import TrainingRun
from microcoder.host import Parts, Runtime
from microcoder.rpc import Registration
from microcoder.store import OutboxRecord
from microcoder.trainer.adapters.cluster_jobs import ClusterLauncher
from microcoder.trainer.adapters.local_process import LocalLauncher
from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.environment import as_environment
from microcoder.trainer.gauges import Gauges
from microcoder.trainer.launcher import Launcher
from microcoder.trainer.servicer import TrainerServicer
from microcoder.trainer.settings import LauncherKind, TrainerServiceSettings
from microcoder.trainer.site import site_of
from microcoder.trainer.supervisor import Supervisor
from microcoder.v1 import run_pb2
from microcoder.v1.events_pb2 import TrainingRunChanged
from microcoder.v1.trainer_service_pb2_grpc import add_TrainerServicer_to_server

_FOR_THE_PROCESS = frozenset({"store", "channel", "endpoints", "log", "trainer"})
"""Groups of settings that a training process reads."""


async def build(runtime: Runtime[TrainerServiceSettings]) -> Parts:
    """The parts of the trainer: its gRPC service and the supervisor of its runs."""
    settings = runtime.settings.trainer
    wake = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look_now() -> None:
        with suppress(RuntimeError):  # the loop has ended before the threads that watch
            loop.call_soon_threadsafe(wake.set)

    launcher, site = _launcher(runtime.settings, look_now)

    def announce(run: TrainingRun) -> OutboxRecord:
        state = run_pb2.RunState.Value(f"RUN_STATE_{run.state.name}")
        return runtime.outbox(TrainingRunChanged(run_id=run.id, state=state))

    supervisor = Supervisor(
        runtime.store.training_runs,
        launcher,
        announce,
        max_concurrent=settings.max_concurrent if settings.launcher is LauncherKind.LOCAL else sys.maxsize,
        poll_s=settings.poll_s,
        stop_grace_s=settings.stop_grace_s,
        clock=runtime.clock,
        wake=wake,
    )
    servicer = TrainerServicer(runtime.store, launcher, supervisor, announce=announce, clock=runtime.clock, site=site)
    return Parts(
        servicers=[
            Registration(full_name="microcoder.v1.Trainer", add=add_TrainerServicer_to_server, servicer=servicer)
        ],
        tasks=[supervisor.run, Gauges(runtime.store.training_runs, runtime.metrics).run],
        outboxes=[runtime.store.training_runs],
        close=[launcher.close],
    )


def _launcher(settings: TrainerServiceSettings, on_change: Callable[[], None]) -> tuple[Launcher, Site]:
    """Where runs go, and how their manifests look; a local service renders manifests too."""
    own = settings.trainer
    if own.launcher is LauncherKind.LOCAL:
        environment = as_environment(settings, _FOR_THE_PROCESS)
        local = LocalLauncher(own.python or sys.executable, own.runs_dir, environment)
        return local, site_of(settings, own.kubernetes.namespace or "default")
    connection = connect(own.kubernetes)
    site = site_of(settings, connection.namespace)
    cluster = ClusterLauncher(connection, site, jobsets=own.kubernetes.jobsets, on_change=on_change)
    cluster.start()
    return cluster, site
