"""Training processes in pods of a Kubernetes cluster: one Job or JobSet per attempt of a run.

The service holds no state of its own: objects are found by their labels, and which attempt one is stands on it. Jobs
and pods are mirrored by watches; a run's object that is missing from the mirror is asked for once more before anything
is concluded.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from microcoder.cluster import JOBS, JOBSETS, PODS, Connection, Mirror, Object, Resources
from microcoder.core.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from microcoder.core.training import Placement, TrainingRun, TrainingSpec
from microcoder.trainer.domain.cluster import labels
from microcoder.trainer.domain.cluster.adoption import Claim, read_claim
from microcoder.trainer.domain.cluster.manifest import manifests, numbered
from microcoder.trainer.domain.cluster.observing import observe
from microcoder.trainer.domain.cluster.progress import annotations
from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.domain.condition import Condition, Life

_POD_OWNERS = ("jobset.sigs.k8s.io/jobset-name", "batch.kubernetes.io/job-name")
_SHOW_S = 5.0


class ClusterLauncher:
    """Fills the port `Launcher`.

    Args:
        connection: The API server; its namespace is that of the runs.
        site: How runs are made here.
        jobsets: Whether the cluster has JobSets.
        on_change: Called when an object changed, from any thread.
    """

    def __init__(self, connection: Connection, site: Site, *, jobsets: bool, on_change: Callable[[], None]) -> None:
        self._site = site
        self._connection = connection
        kinds = (JOBS, JOBSETS) if jobsets else (JOBS,)
        self._resources = {kind.kind: Resources(connection, kind) for kind in kinds}
        chosen = labels.selector(site)
        self._mirrors = {kind.kind: Mirror(connection, kind, chosen, on_change) for kind in (*kinds, PODS)}
        self._shown: dict[str, float] = {}

    def start(self) -> None:
        """Begins to follow the cluster."""
        for mirror in self._mirrors.values():
            mirror.start()

    def wrong_fields(self, spec: TrainingSpec, placement: Placement) -> Mapping[str, str]:
        del spec  # the model's folder is in a volume that only pods see
        if placement.nodes > 1 and JOBSETS.kind not in self._resources:
            why = "above 1 needs JobSet in the cluster and MICROCODER_TRAINER__KUBERNETES__JOBSETS=true"
            return {"placement.nodes": why}
        return {}

    async def launch(self, run: TrainingRun) -> str:
        (made,) = manifests(run, self._site)
        item = numbered(made, run.attempt)
        name: str = item["metadata"]["name"]
        if item["kind"] not in self._resources:
            raise FailedPrecondition(f"{run.id} asks for several nodes, and JobSets are off here.", reason="NoJobSet")
        try:
            created = await self._resources[item["kind"]].create(item)
        except AlreadyExists:
            return name
        except (PermissionDenied, InvalidArgument, NotFound) as error:
            raise FailedPrecondition(
                f"The {item['kind']} {name} cannot be made in namespace {self._site.namespace}. {error.message}. See "
                "that the namespace is there and that the trainer's Role and RoleBinding are in it (`microcoder doctor "
                "--cluster`), then resume the run.",
                reason=error.reason,
            ) from error
        self._mirrors[item["kind"]].created(created)
        return name

    async def look(self, run: TrainingRun) -> Condition:
        self._require_fresh()
        name = run.job or labels.job_name(run)
        item = self._mirrored(name)
        if item is None and not run.job:
            return Condition(life=Life.ABSENT)
        if item is None:
            item = await self._resources[self._kind_of(run)].find(name)
        pods = [pod for pod in self._mirrors[PODS.kind].objects().values() if _belongs(pod, name)]
        return observe(item, pods)

    async def stop(self, run: TrainingRun) -> None:
        await self._resources[self._kind_of(run)].delete(run.job)

    async def kill(self, run: TrainingRun) -> None:
        """Nothing more than `stop`: the kubelet kills what has not ended in its grace period."""

    async def show(self, run: TrainingRun) -> None:
        item = self._mirrored(run.job)
        if item is None:
            return
        there = item["metadata"].get("annotations", {})
        wanted = {name: text for name, text in annotations(run).items() if there.get(name, "") != text}
        soon = labels.PHASE not in wanted and time.monotonic() - self._shown.get(run.job, -_SHOW_S) < _SHOW_S
        if not wanted or soon:
            return
        self._shown[run.job] = time.monotonic()
        await self._annotate(run.job, wanted)

    def claims(self, now: datetime) -> Sequence[Claim]:
        self._require_fresh()
        items = [item for kind in self._resources for item in self._mirrors[kind].objects().values()]
        claims = [claim for claim in (read_claim(item, now) for item in items) if claim is not None]
        return [claim for claim in claims if claim.attempt is None or not claim.ended]

    async def adopt(self, run: TrainingRun) -> None:
        await self._annotate(run.job, {labels.ATTEMPT: str(run.attempt), **annotations(run)})

    async def refuse(self, job: str, why: str) -> None:
        await self._annotate(job, {labels.REFUSED: why, labels.PROGRESS: f"refused: {why}"}, spec={"suspend": True})

    async def remove(self, job: str) -> None:
        await self._resources[self._kind_named(job)].delete(job)

    async def close(self) -> None:
        """Ends watching. Jobs go on without the service."""
        for mirror in self._mirrors.values():
            await asyncio.to_thread(mirror.stop)
        self._connection.close()

    async def _annotate(self, job: str, notes: Mapping[str, str], spec: Object | None = None) -> None:
        kind = self._kind_named(job)
        body: Object = {"metadata": {"annotations": dict(notes)}, **({"spec": spec} if spec else {})}
        try:
            self._mirrors[kind].changed(await self._resources[kind].patch(job, body))
        except NotFound:
            return  # deleted meanwhile, which the next look sees

    def _require_fresh(self) -> None:
        for mirror in self._mirrors.values():
            if not mirror.fresh:
                raise Unavailable(f"The cluster cannot be seen now: {mirror.trouble}")

    def _mirrored(self, name: str) -> Object | None:
        found = (self._mirrors[kind].objects().get(name) for kind in self._resources)
        return next((item for item in found if item is not None), None)

    def _kind_named(self, name: str) -> str:
        return next((kind for kind in self._resources if name in self._mirrors[kind].objects()), JOBS.kind)

    def _kind_of(self, run: TrainingRun) -> str:
        several = run.placement.nodes > 1 and JOBSETS.kind in self._resources
        return JOBSETS.kind if several else JOBS.kind


def _belongs(pod: Object, job: str) -> bool:
    own = pod["metadata"]["labels"]
    return any(own.get(label) == job for label in _POD_OWNERS)
