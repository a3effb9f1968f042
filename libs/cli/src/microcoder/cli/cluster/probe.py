"""A pod that tries, on a judge node, what the judge's jail is built from."""

import secrets
import time
from typing import Any

from microcoder.cli.cluster.wanted import Wanted
from microcoder.cli.local.doctor import Finding
from microcoder.cluster import Connection
from microcoder.core.errors import MicrocoderError

_PART = "user namespaces"
_PATIENCE_S = 90.0
_REFUSED = 7
_TRY = (
    "import ctypes, sys; libc = ctypes.CDLL(None, use_errno=True); "
    f"sys.exit({_REFUSED} if libc.unshare(0x10000000 | 0x00020000) else 0)"  # CLONE_NEWUSER | CLONE_NEWNS
)


def run_probe(connection: Connection, wanted: Wanted, image: str) -> Finding:
    """Runs the pod, waits for it, deletes it, and tells what it saw.

    Args:
        connection: The cluster and the namespace.
        wanted: Which nodes are the judge's.
        image: Any image with `python3` that the nodes can pull; the judge's own is best.
    """
    if not image:
        return _finding("no image is known for the probe: name one with --probe-image", ok=False)
    name = f"microcoder-doctor-{secrets.token_hex(3)}"
    pods = f"/api/v1/namespaces/{connection.namespace}/pods"
    try:
        connection.request("POST", pods, body=_pod(name, wanted, image))
    except MicrocoderError as error:
        return _finding(f"the probe was not admitted: {error.message}", ok=False)
    try:
        return _await(connection, f"{pods}/{name}")
    finally:
        connection.request("DELETE", f"{pods}/{name}", body={"gracePeriodSeconds": 0})


def _await(connection: Connection, path: str) -> Finding:
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        pod = connection.request("GET", path)
        containers = pod["status"].get("containerStatuses") or [{}]
        ended = containers[0].get("state", {}).get("terminated")
        if ended is not None:
            return _ended(int(ended["exitCode"]), pod["spec"].get("nodeName", "?"))
        time.sleep(1)
    return _finding(f"the probe did not run within {_PATIENCE_S:.0f} s: {_why(pod)}", ok=False)


def _ended(code: int, node: str) -> Finding:
    if code == 0:
        return _finding(f"allowed on {node}: the judge can build its full jail", ok=True)
    if code == _REFUSED:
        return _finding(
            f"refused on {node}: allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns=0), put the seccomp profile of deploy/judge-nodes there, or "
            "set sandbox.minTier to landlock",
            ok=False,
        )
    return _finding(f"the probe ended with exit code {code} on {node}: does the image have python3?", ok=False)


def _why(pod: Any) -> str:
    state = (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})
    waiting = state.get("waiting", {})
    scheduled: Any = next((c for c in pod["status"].get("conditions", ()) if c["type"] == "PodScheduled"), {})
    return str(waiting.get("message") or waiting.get("reason") or scheduled.get("message") or "no reason is given")


def _pod(name: str, wanted: Wanted, image: str) -> dict[str, Any]:
    """With the node choice and the seccomp profile of the judge's pod, for that is what is asked about."""
    named = "localhostProfile" if wanted.seccomp["type"] == "Localhost" else "type"
    seccomp = {name: wanted.seccomp[name] for name in ("type", named)}
    pool = {"nodeSelector": {wanted.pool_key: wanted.pool_value}} if wanted.pool_required else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "microcoder-doctor"}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            **pool,
            "tolerations": [{"key": wanted.pool_key, "operator": "Exists"}],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": seccomp,
            },
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "command": ["python3", "-c", _TRY],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


def _finding(message: str, *, ok: bool) -> Finding:
    return Finding(part=_PART, ok=ok, needed=True, message=message)
