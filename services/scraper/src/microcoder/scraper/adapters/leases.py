"""Where the lease of the leading scraper lies: in the store, or in the cluster."""

from dataclasses import replace
from datetime import UTC, datetime

from microcoder.cluster import LEASES, Connection, Object, Resources
from microcoder.cluster.errors import CONFLICT
from microcoder.core.errors import AlreadyExists, FailedPrecondition
from microcoder.core.lease import Lease
from microcoder.store import Repository

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Kubernetes' MicroTime."""


class StoredLease:
    """Fills the port `LeaseStore` by a record of the store."""

    def __init__(self, leases: Repository[Lease], name: str) -> None:
        self._leases = leases
        self._name = name

    async def read(self) -> Lease | None:
        return await self._leases.find(self._name)

    async def write(self, lease: Lease, as_read: Lease | None) -> bool:
        if as_read is not None:
            return await self._leases.replace_if(
                replace(lease, version=as_read.version + 1), {"version": as_read.version}
            )
        try:
            await self._leases.insert(lease)
        except AlreadyExists:
            return False
        return True


class ClusterLease:
    """Fills the port `LeaseStore` by a `coordination.k8s.io/v1` Lease, as Kubernetes' own controllers have theirs.

    The version of a record is its `resourceVersion`, by which the API server refuses a write that comes second.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._resources = Resources(connection, LEASES)
        self._name = name

    async def read(self) -> Lease | None:
        found = await self._resources.find(self._name)
        return None if found is None else _read(found)

    async def write(self, lease: Lease, as_read: Lease | None) -> bool:
        try:
            if as_read is None:
                await self._resources.create(_body(replace(lease, version=0)))
            else:
                await self._resources.replace(_body(replace(lease, version=as_read.version)))
        except AlreadyExists:
            return False
        except FailedPrecondition as error:
            if error.reason == CONFLICT:
                return False
            raise
        return True


def _read(found: Object) -> Lease:
    spec = found.get("spec", {})
    renewed = _time(spec.get("renewTime"))
    return Lease(
        id=found["metadata"]["name"],
        holder=spec.get("holderIdentity") or "",
        duration_s=float(spec.get("leaseDurationSeconds") or 0),
        acquired_time=_time(spec.get("acquireTime")),
        renewed_time=renewed,
        transitions=int(spec.get("leaseTransitions") or 0),
        version=int(found["metadata"]["resourceVersion"]),
    )


def _body(lease: Lease) -> Object:
    version = {"resourceVersion": str(lease.version)} if lease.version else {}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"name": lease.id, **version},
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": max(1, round(lease.duration_s)),
            "acquireTime": lease.acquired_time.astimezone(UTC).strftime(_TIME),
            "renewTime": lease.renewed_time.astimezone(UTC).strftime(_TIME),
            "leaseTransitions": lease.transitions,
        },
    }


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
