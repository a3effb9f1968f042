"""Whether the cluster has the nodes that pods ask for."""

from collections.abc import Sequence
from typing import Any

from microcoder.cli.cluster.wanted import Wanted
from microcoder.cli.local.doctor import Finding
from microcoder.cluster import Connection, Object


def nodes(connection: Connection, wanted: Wanted) -> list[Finding]:
    """Those with GPUs, and those for the judge."""
    there = connection.request("GET", "/api/v1/nodes")["items"]
    return [_gpus(there, wanted), _judge_pool(there, wanted)]


def _gpus(nodes: Sequence[Object], wanted: Wanted) -> Finding:
    resource = wanted.gpu_resource
    have = [node for node in nodes if int(node["status"].get("allocatable", {}).get(resource, 0)) > 0]
    fit = [node for node in have if _fits(node, wanted.gpu_selector)]
    enough = [node for node in fit if int(node["status"]["allocatable"][resource]) >= wanted.gpus]
    if not have:
        message = f"no node offers {resource}: " + (
            "install the device plug-in on the GPU nodes" if wanted.gpus else "training runs on processors alone"
        )
    elif not fit:
        message = f"{len(have)} nodes offer {resource}, none has the labels of gpu.nodeSelector: {_shown(wanted)}"
    elif not enough:
        message = f"no node has the {wanted.gpus} {resource} that a run asks for"
    else:
        bare = [node["metadata"]["name"] for node in enough if not _tainted(node, resource)]
        taint = f"kubectl taint node {' '.join(bare)} {resource}=present:NoSchedule"
        hint = f"; without a taint other pods take their place: {taint}"
        message = f"{len(enough)} nodes with {resource}" + (hint if bare else ", kept free by a taint")
    return Finding(part="GPU nodes", ok=bool(enough), needed=wanted.gpus > 0, message=message)


def _judge_pool(nodes: Sequence[Object], wanted: Wanted) -> Finding:
    key, value = wanted.pool_key, wanted.pool_value
    pool = [node for node in nodes if _fits(node, {key: value})]
    bare = [node["metadata"]["name"] for node in pool if not _tainted(node, key)]
    if not pool:
        message = (
            f"no node has the label {key}={value}: the judge runs untrusted programs beside other pods. "
            f"kubectl label node NODE {key}={value} && kubectl taint node NODE {key}={value}:NoSchedule"
        )
    elif bare:
        taint = f"kubectl taint node {' '.join(bare)} {key}={value}:NoSchedule"
        message = f"{len(pool)} nodes; other pods may run there too: {taint}"
    else:
        message = f"{len(pool)} nodes, for the judge alone"
    return Finding(part="judge nodes", ok=bool(pool) and not bare, needed=wanted.pool_required, message=message)


def _fits(node: Object, selector: Any) -> bool:
    labels = node["metadata"].get("labels", {})
    return all(labels.get(key) == str(value) for key, value in selector.items())


def _tainted(node: Object, key: str) -> bool:
    taints = node["spec"].get("taints") or ()
    return any(taint["key"] == key and taint["effect"] in ("NoSchedule", "NoExecute") for taint in taints)


def _shown(wanted: Wanted) -> str:
    return ", ".join(f"{key}={value}" for key, value in wanted.gpu_selector.items())
