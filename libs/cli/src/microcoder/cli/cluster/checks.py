"""What a cluster has of what is wanted."""

from collections.abc import Callable

from microcoder.cli.cluster.nodes import nodes
from microcoder.cli.cluster.permissions import permissions
from microcoder.cli.cluster.wanted import Wanted
from microcoder.cli.local.doctor import Finding
from microcoder.cluster import Connection
from microcoder.core.errors import NotFound, PermissionDenied

_OLDEST = (1, 30)
_WHAT_GIVES = {
    "keda.sh": ("KEDA", "scaling by consumer lag", "https://keda.sh/docs/latest/deploy"),
    "jobset.x-k8s.io": ("JobSet", "training runs on several nodes", "https://jobset.sigs.k8s.io/docs/installation"),
    "kueue.x-k8s.io": ("Kueue", "queues for training runs", "https://kueue.sigs.k8s.io/docs/installation"),
    "monitoring.coreos.com": ("Prometheus operator", "metrics and alerts", "https://prometheus-operator.dev"),
    "cert-manager.io": ("cert-manager", "certificates", "https://cert-manager.io/docs/installation"),
}

Check = Callable[[Connection, Wanted], list[Finding]]


def examine(connection: Connection, wanted: Wanted) -> list[Finding]:
    """Everything that was looked at, the needed parts first. Changes nothing in the cluster.

    Raises:
        Unavailable: The API server does not answer at all.
    """
    found = _version(connection)
    for part, check in _CHECKS:
        try:
            found += check(connection, wanted)
        except PermissionDenied as error:
            found.append(Finding(part=part, ok=False, needed=False, message=f"cannot be looked at: {error.message}"))
    return sorted(found, key=lambda finding: not finding.needed)


def _version(connection: Connection) -> list[Finding]:
    told = connection.request("GET", "/version")
    version = int(told["major"]), int("".join(c for c in told["minor"] if c.isdigit()))
    needed = ".".join(map(str, _OLDEST))
    message = f"{told['gitVersion']} at {connection.server}; {needed} or newer is needed"
    return [Finding(part="API server", ok=version >= _OLDEST, needed=True, message=message)]


def _namespace(connection: Connection, wanted: Wanted) -> list[Finding]:
    name = connection.namespace
    try:
        labels = connection.request("GET", f"/api/v1/namespaces/{name}")["metadata"].get("labels", {})
    except NotFound:
        message = f"{name} is not there yet: helm install --create-namespace, or kubectl create namespace {name}"
        return [Finding(part="namespace", ok=True, needed=False, message=message)]
    level = labels.get("pod-security.kubernetes.io/enforce", "")
    if wanted.judge_runs_unconfined and level in ("restricted", "baseline"):
        message = (
            f"{name} enforces the Pod Security Standard {level}, which refuses the judge as the values describe it: "
            f"kubectl label namespace {name} --overwrite pod-security.kubernetes.io/enforce=privileged, or leave "
            "sandbox.seccomp and sandbox.procMount as they are by default"
        )
        return [Finding(part="namespace", ok=False, needed=True, message=message)]
    hint = "" if level else "; no Pod Security Standard is enforced, restricted would do"
    return [Finding(part="namespace", ok=True, needed=True, message=f"{name}, enforces {level or 'nothing'}{hint}")]


def _features(connection: Connection, wanted: Wanted) -> list[Finding]:
    served = {group["name"] for group in connection.request("GET", "/apis")["groups"]}
    return [_feature(group, served, wanted.features.get(group, "")) for group in _WHAT_GIVES]


def _feature(group: str, served: set[str], value: str) -> Finding:
    name, what, where = _WHAT_GIVES[group]
    if group in served:
        message = f"installed{f', asked for by {value}' if value else ''}"
    elif value:
        message = f"{value} needs it, and the cluster does not serve {group}: install it ({where}) or switch that off"
    else:
        message = f"not installed; not asked for. It gives {what}"
    return Finding(part=name, ok=group in served, needed=bool(value), message=message)


def _storage(connection: Connection, wanted: Wanted) -> list[Finding]:
    classes = connection.request("GET", "/apis/storage.k8s.io/v1/storageclasses")["items"]
    names = [item["metadata"]["name"] for item in classes]
    notes = "storageclass.kubernetes.io/is-default-class"
    default = [
        item["metadata"]["name"] for item in classes if item["metadata"].get("annotations", {}).get(notes) == "true"
    ]
    if wanted.storage_class:
        ok = wanted.storage_class in names
        message = f"{wanted.storage_class} is " + (
            "there" if ok else f"not there; there are: {', '.join(names) or 'none'}"
        )
    else:
        ok = bool(default)
        message = (
            f"default: {default[0]}" if default else "no default class: name one in training.runs.storageClassName"
        )
    claims = [_there(connection, "claim", f"persistentvolumeclaims/{name}", name) for name in wanted.claims]
    return [Finding(part="storage class", ok=ok, needed=wanted.makes_claim, message=message), *claims]


def _secrets(connection: Connection, wanted: Wanted) -> list[Finding]:
    found = []
    for name, keys in wanted.secrets.items():
        path = f"/api/v1/namespaces/{connection.namespace}/secrets/{name}"
        try:
            there = connection.request("GET", path).get("data") or {}
        except NotFound:
            literals = " ".join(f"--from-literal={key}=…" for key in keys)
            message = f"not there: kubectl -n {connection.namespace} create secret generic {name} {literals}".rstrip()
            found.append(Finding(part=f"Secret {name}", ok=False, needed=True, message=message))
            continue
        missing = [key for key in keys if key not in there]
        message = f"lacks the key {', '.join(missing)}" if missing else "there"
        found.append(Finding(part=f"Secret {name}", ok=not missing, needed=True, message=message))
    return found


def _there(connection: Connection, part: str, path: str, name: str) -> Finding:
    try:
        connection.request("GET", f"/api/v1/namespaces/{connection.namespace}/{path}")
    except NotFound:
        return Finding(
            part=f"{part} {name}", ok=False, needed=True, message="not there: make it, or correct the values"
        )
    return Finding(part=f"{part} {name}", ok=True, needed=True, message="there")


_CHECKS: list[tuple[str, Check]] = [
    ("namespace", _namespace),
    ("add-ons", _features),
    ("nodes", nodes),
    ("storage", _storage),
    ("permissions", permissions),
    ("Secrets", _secrets),
]
