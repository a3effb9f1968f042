"""An API server that goes away for more than a minute: longer than every lease and every timeout of a client."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microcoder.cluster import ClusterSettings, connect
from microcoder.core.run import RunState
from microcoder.core.training import TrainingPhase
from microcoder.scraper.adapters.leases import ClusterLease
from microcoder.scraper.leadership import Elected, ElectionTimes

from .api_server import Program, wait_ready
from .conftest import Cluster
from .test_leader_lease import NAME, account
from .training_bench import LONG, TrainerBench, has_ended, phase_is, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AWAY_S = 65.0
"""More than a full minute; calls wait 15 s, a lease lasts as long, mirrors pause 10 s at most."""


class Work:
    """What only the leader may do. Counts who is at it."""

    def __init__(self) -> None:
        self.now = self.most = self.begun = 0

    async def __call__(self) -> None:
        self.begun += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.Event().wait()
        finally:
            self.now -= 1


def go_away(server: Program, how: str) -> Callable[[], None]:
    """Takes the server away and gives what brings it back."""
    if how == "frozen":
        server.freeze()
        return server.thaw
    server.kill()
    return server.restart


def own_server(cluster: Cluster) -> Program:
    if cluster.server is None:
        pytest.skip("needs an API server that belongs to the tests: nobody else's is stopped")
    return cluster.server


async def until(what: str, holds: Callable[[], bool], seconds: float = 90.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  a lease sets no events
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None


@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_no_two_replicas_collect_and_one_goes_on_after(
    cluster: Cluster, namespace: str, tmp_path: Path, how: str
) -> None:
    server = own_server(cluster)
    work = Work()
    connections = {"a": account(cluster, namespace, tmp_path)}
    connections["b"] = connect(ClusterSettings(kubeconfig=tmp_path / "scraper-kubeconfig"))
    replicas = [Elected(NAME, name, ClusterLease(each, NAME), ElectionTimes()) for name, each in connections.items()]
    tasks = [asyncio.ensure_future(each) for replica in replicas for each in (replica.run(), replica.lead(work))]
    try:
        await until("one leads", lambda: work.now == 1)
        back = go_away(server, how)
        try:
            await until("the leader stops by itself", lambda: work.now == 0, seconds=AWAY_S)
            await asyncio.sleep(AWAY_S)
            assert (work.now, work.begun) == (0, 1)
        finally:
            back()
        await asyncio.to_thread(wait_ready, cluster.kubeconfig, server)
        await until("one leads again", lambda: work.now == 1)
        await asyncio.sleep(ElectionTimes().lease_s)
        assert (work.now, work.most) == (1, 1)
        assert [replica.leading for replica in replicas].count(True) == 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_a_run_in_grpc_the_store_and_the_cluster_agree_after(
    bench: TrainerBench, serve: Any, cluster: Cluster, how: str
) -> None:
    server = own_server(cluster)
    client = await started(bench, serve, pod_annotations=LONG)
    kept, cancelled = await client.create(bench), await client.create(bench)
    for run_id in (kept, cancelled):  # the cluster's own controllers may still be on their way back from another test
        await bench.until(run_id, phase_is(TrainingPhase.RUNNING), seconds=120)
    back = go_away(server, how)
    try:
        waiting = await client.create(bench)
        await client.cancel(cancelled)
        await asyncio.sleep(AWAY_S)
        assert (await client.get(kept)).state is RunState.RUNNING
        assert (await client.get(waiting)).state is RunState.PENDING
        assert not (await client.get(cancelled)).state.ended
    finally:
        back()
    await asyncio.to_thread(wait_ready, cluster.kubeconfig, server)
    await bench.until(cancelled, has_ended, seconds=90)
    for run_id in (kept, waiting):
        await bench.until(run_id, phase_is(TrainingPhase.RUNNING), seconds=90)
    for run_id, state in ((kept, RunState.RUNNING), (waiting, RunState.RUNNING), (cancelled, RunState.CANCELLED)):
        stored = await bench.store.training_runs.get(run_id)
        assert (stored.state, stored.attempt) == (state, 1)
        assert await client.get(run_id) == stored
        job = await bench.job(run_id)
        assert (job is not None) == (state is RunState.RUNNING)
        assert len(await bench.pods(run_id)) == (1 if job else 0)
    await bench.delete_job(kept)
    assert (await bench.until(kept, has_ended)).state is RunState.CANCELLED
