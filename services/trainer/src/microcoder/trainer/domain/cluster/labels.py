"""Names, labels and annotations of a run's objects."""

import re

from microcoder.core.training import TrainingRun
from microcoder.trainer.domain.cluster.site import Site

PREFIX = "microcoder.dev/"
RUN_ID = f"{PREFIX}run-id"
SPEC = f"{PREFIX}spec"
"""Annotation: the specification as JSON. A run that the service does not know is made from it."""
PLACEMENT = f"{PREFIX}placement"
"""Annotation: what the run asks of the cluster, as JSON."""
ATTEMPT = f"{PREFIX}attempt"
"""Annotation that the service writes: the attempt of its record that this object is. No manifest for kubectl has it."""
PROGRESS = f"{PREFIX}progress"
"""Annotation that the service writes: `step=120/500 reward=0.41`."""
PHASE = f"{PREFIX}phase"
"""Annotation that the service writes: the run's phase."""
REFUSED = f"{PREFIX}refused"
"""Annotation that the service writes: why it does not take this object in."""

_MAX_VALUE = 63
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")


def job_name(run: TrainingRun) -> str:
    """Name of the object of a run's attempt. The same again after a crash, so that it is never made twice."""
    return run.id if run.attempt == 1 else f"{run.id}-r{run.attempt}"


def selector(site: Site) -> str:
    """Label selector for all objects of this installation's runs."""
    return f"app.kubernetes.io/part-of=microcoder,app.kubernetes.io/instance={site.instance},{RUN_ID}"


def labels(run: TrainingRun, site: Site) -> dict[str, str]:
    """Labels of a run's object and of its pods."""
    own = {
        "run-id": run.id,
        "run-name": run.name,
        "algorithm": run.spec.algorithm.value,
        "model": run.spec.model.rstrip("/").rpartition("/")[2],
        "user": run.owner,
    }
    return {
        "app.kubernetes.io/name": "microcoder-training",
        "app.kubernetes.io/instance": site.instance,
        "app.kubernetes.io/component": "training",
        "app.kubernetes.io/part-of": "microcoder",
        "app.kubernetes.io/managed-by": "microcoder-trainer",
        **{PREFIX + name: label_value(value) for name, value in own.items() if label_value(value)},
    }


def label_value(text: str) -> str:
    """`text` as a label's value: other characters become hyphens, at most 63 are kept."""
    return _UNFIT.sub("-", text)[:_MAX_VALUE].strip("-_.")
