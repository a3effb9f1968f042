"""The scraper's lease on a real API server, with a service account that has the documented rights and no more."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from microcoder.cluster import ClusterSettings, Connection, connect
from microcoder.core.errors import PermissionDenied
from microcoder.scraper.adapters.leases import ClusterLease
from microcoder.scraper.leadership import Elected, ElectionTimes

from .conftest import Cluster
from .training_bench import PAGE

pytestmark = pytest.mark.timeout(120)

NAME = "microcoder-scraper"
FAST = ElectionTimes(lease_s=2.0, renew_deadline_s=1.5, retry_s=0.2)


def account(cluster: Cluster, namespace: str, folder: Path) -> Connection:
    """A connection with the rights that the page gives the scraper."""
    block = PAGE.read_text().split("LEADERSHIP=kubernetes", 1)[1].split("```yaml", 1)[1].split("```", 1)[0]
    admin = cluster.connect(namespace)
    metadata = {"name": "scraper", "namespace": namespace}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    admin.request("POST", accounts, body={"metadata": metadata})
    admin.request("POST", f"{rbac}/roles", body={"metadata": metadata, "rules": yaml.safe_load(block)})
    subject = {"kind": "ServiceAccount", "name": "scraper", "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "scraper"}
    admin.request("POST", f"{rbac}/rolebindings", body={"metadata": metadata, "subjects": [subject], "roleRef": role})
    token = admin.request("POST", f"{accounts}/scraper/token", body={"spec": {}})["status"]["token"]
    config: Any = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "scraper", "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"] |= {"user": "scraper", "namespace": namespace}
    file = folder / "scraper-kubeconfig"
    file.write_text(json.dumps(config))
    return connect(ClusterSettings(kubeconfig=file))


async def test_two_replicas_have_one_leader_and_a_takeover(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    connection = account(cluster, namespace, tmp_path)
    replicas = [Elected(NAME, name, ClusterLease(connection, NAME), FAST) for name in ("a", "b")]
    tasks = [asyncio.ensure_future(replica.run()) for replica in replicas]
    async with asyncio.timeout(20):
        while not any(replica.leading for replica in replicas):  # noqa: ASYNC110  a lease sets no events
            await asyncio.sleep(0.05)
    await asyncio.sleep(FAST.lease_s * 1.5)
    assert sum(replica.leading for replica in replicas) == 1
    first = next(i for i, replica in enumerate(replicas) if replica.leading)
    shown = cluster.kubectl("get", "lease", NAME, "-n", namespace)
    assert f" {'ab'[first]} " in shown
    tasks[first].cancel()
    async with asyncio.timeout(20):
        while not replicas[1 - first].leading:  # noqa: ASYNC110  a lease sets no events
            await asyncio.sleep(0.05)
    tasks[1 - first].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    lease = await ClusterLease(connection, NAME).read()
    assert lease is not None
    assert (lease.holder, lease.transitions) == ("", 1)


async def test_a_lease_that_changed_hands_is_not_overwritten(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    connection = account(cluster, namespace, tmp_path)
    a, b = ClusterLease(connection, NAME), ClusterLease(connection, NAME)
    elected = Elected(NAME, "a", a, FAST)
    task = asyncio.ensure_future(elected.run())
    async with asyncio.timeout(20):
        while (read := await b.read()) is None:  # noqa: ASYNC110  a lease sets no events
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not await b.write(read, read)
    assert not await b.write(read, None)
    with pytest.raises(PermissionDenied):
        await ClusterLease(connection, "another").read()
