"""The worker: takes records from the bus, calls the handler, retries, gives up, commits."""

from microcoder.bus.worker.observer import Outcome, WorkerObserver
from microcoder.bus.worker.policy import WorkerPolicy
from microcoder.bus.worker.worker import Worker

__all__ = ["Outcome", "Worker", "WorkerObserver", "WorkerPolicy"]
