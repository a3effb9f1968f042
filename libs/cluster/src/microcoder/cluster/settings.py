"""Which API server, and as whom."""

from pathlib import Path

from pydantic import Field

from microcoder.config import Group


class ClusterSettings(Group):
    """How the API server is reached. All empty: the pod's own service account, else the usual kubeconfig."""

    kubeconfig: Path | None = None
    """Kubeconfig file; unset for the pod's service account, or outside a cluster KUBECONFIG or ~/.kube/config."""
    context: str = ""
    """Context of the kubeconfig; empty for its current one."""
    namespace: str = Field(default="", pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$")
    """Namespace; empty for the pod's own, or that of the context."""
    timeout_s: float = Field(default=15.0, gt=0)
    """Longest wait for an answer of the API server, seconds."""
