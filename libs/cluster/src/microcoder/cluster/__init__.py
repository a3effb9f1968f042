"""A Kubernetes API server: objects as plain JSON, changed by calls and mirrored by watches."""

from microcoder.cluster.connection import Connection, Object, connect
from microcoder.cluster.mirror import Mirror
from microcoder.cluster.resources import JOBS, JOBSETS, LEASES, PODS, Kind, Resources
from microcoder.cluster.settings import ClusterSettings

__all__ = [
    "JOBS",
    "JOBSETS",
    "LEASES",
    "PODS",
    "ClusterSettings",
    "Connection",
    "Kind",
    "Mirror",
    "Object",
    "Resources",
    "connect",
]
