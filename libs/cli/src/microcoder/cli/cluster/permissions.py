"""Whether the person at the command may install the chart."""

from collections.abc import Iterator

from microcoder.cli.cluster.wanted import Wanted
from microcoder.cli.local.doctor import Finding
from microcoder.cluster import Connection

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_INSTALL = (
    ("apps", "deployments"),
    ("", "services"),
    ("", "configmaps"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("batch", "jobs"),
    ("networking.k8s.io", "networkpolicies"),
    ("policy", "poddisruptionbudgets"),
)
_ROLES = (("rbac.authorization.k8s.io", "roles"), ("rbac.authorization.k8s.io", "rolebindings"))


def permissions(connection: Connection, wanted: Wanted) -> list[Finding]:
    """Asks the API server itself, by SelfSubjectAccessReviews, about everything that helm would create."""
    missing = [
        f"{resource}.{group}" if group else resource
        for group, resource in _wanted(wanted)
        if not _allowed(connection, group, resource)
    ]
    where = connection.namespace
    message = (
        f"this account may not create {', '.join(missing)} in {where}: ask for the ClusterRole admin there (kubectl "
        f"create rolebinding microcoder-admin -n {where} --clusterrole=admin --user=YOU)"
        if missing
        else f"this account may create what the chart has, in {where}"
    )
    return [Finding(part="permissions", ok=not missing, needed=True, message=message)]


def _wanted(wanted: Wanted) -> Iterator[tuple[str, str]]:
    yield from _INSTALL
    if wanted.makes_roles:
        yield from _ROLES
    if wanted.makes_claim:
        yield "", "persistentvolumeclaims"
    if "keda.sh" in wanted.features:
        yield "keda.sh", "scaledobjects"
    if "monitoring.coreos.com" in wanted.features:
        yield "monitoring.coreos.com", "servicemonitors"


def _allowed(connection: Connection, group: str, resource: str) -> bool:
    asked = {"namespace": connection.namespace, "verb": "create", "group": group, "resource": resource}
    answer = connection.request("POST", _REVIEW, body={"spec": {"resourceAttributes": asked}})
    return bool(answer["status"]["allowed"])
