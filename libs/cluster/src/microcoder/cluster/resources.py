"""The objects of one kind in one namespace."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from microcoder.cluster.connection import Connection, Object
from microcoder.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects, as the API server's paths name it."""

    group: str
    """API group; empty for the core."""
    version: str
    """Version in the group."""
    plural: str
    """Name in paths."""
    kind: str
    """Name in objects."""

    @property
    def api_version(self) -> str:
        """As objects have it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str = "") -> str:
        """Path of the objects of `namespace`, or of one of them."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{quote(namespace, safe='')}/{self.plural}" + (
            f"/{quote(name, safe='')}" if name else ""
        )


JOBS = Kind("batch", "v1", "jobs", "Job")
JOBSETS = Kind("jobset.x-k8s.io", "v1alpha2", "jobsets", "JobSet")
PODS = Kind("", "v1", "pods", "Pod")
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")


class Resources:
    """Reads and changes them without blocking the event loop.

    Every method raises what `errors.translated` says.
    """

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self.kind = kind

    async def find(self, name: str) -> Object | None:
        """The object as it is now; None where there is none."""
        try:
            return await self._call("GET", name)
        except NotFound:
            return None

    async def create(self, body: Object) -> Object:
        """Makes it.

        Raises:
            AlreadyExists: There is one of that name.
        """
        return await self._call("POST", body=body)

    async def replace(self, body: Object) -> Object:
        """Replaces it, unless somebody changed it since `body` was read (its `resourceVersion`).

        Raises:
            FailedPrecondition: Somebody did; reason `CONFLICT`.
        """
        return await self._call("PUT", body["metadata"]["name"], body=body)

    async def patch(self, name: str, body: Object) -> Object:
        """Merges `body` into it."""
        return await self._call("PATCH", name, body=body)

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        """Deletes it with all that it owns; nothing where it is not there.

        Args:
            name: Of the object.
            grace_s: Time for its pods to end, seconds; by default what they ask for.
        """
        # Without a policy the REST API leaves the pods of a Job behind, unlike kubectl.
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        try:
            await self._call("DELETE", name, body=body)
        except NotFound:
            return

    async def _call(
        self, method: str, name: str = "", *, body: Object | None = None, query: Mapping[str, str] | None = None
    ) -> Object:
        path = self.kind.path(self._connection.namespace, name)
        return await asyncio.to_thread(self._connection.request, method, path, query=query, body=body)
