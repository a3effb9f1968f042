"""What `kubectl get jobs` shows of a run."""

from microcoder.core.training import TrainingRun
from microcoder.trainer.domain.cluster.labels import PHASE, PROGRESS


def annotations(run: TrainingRun) -> dict[str, str]:
    """The annotations that tell where a run stands."""
    reward = f" reward={run.mean_reward:.3g}" if run.mean_reward is not None else ""
    why = f" ({run.reason})" if run.reason else ""
    return {
        PHASE: f"{run.phase.value.capitalize()}{why}",
        PROGRESS: f"step={run.progress.done}/{run.spec.max_steps}{reward}",
    }
