"""The admin port over real HTTP."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import pytest_asyncio

from microcoder.core.errors import FailedPrecondition
from microcoder.telemetry import AdminServer, AdminSettings, Metric, Metrics, Readiness


@pytest.fixture
def readiness() -> Readiness:
    ready = Readiness(timeout_s=0.2)
    ready.open = True
    return ready


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(process=False)


@pytest_asyncio.fixture
async def url(readiness: Readiness, metrics: Metrics) -> AsyncIterator[str]:
    admin = AdminServer(AdminSettings(port=0, max_heartbeat_age_s=1.0), metrics, readiness)
    yield f"http://127.0.0.1:{await admin.start()}"
    await admin.stop()


async def get(url: str) -> tuple[int, Any]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status_code, json.loads(answer.text) if is_json else answer.text


async def test_metrics(url: str, metrics: Metrics) -> None:
    metrics.set(Metric.READY, 1)
    status, text = await get(f"{url}/metrics")
    assert status == 200
    assert "microcoder_ready 1.0" in text


async def test_ready_with_every_check_named(url: str, readiness: Readiness) -> None:
    async def works() -> None:
        pass

    async def fails() -> None:
        raise ConnectionError("mongodb://u:pw@h is away")

    readiness.add("bus", works)
    assert (await get(f"{url}/readyz"))[0] == 200
    readiness.add("store", fails)
    readiness.add("slow", lambda: asyncio.sleep(10))
    status, body = await get(f"{url}/readyz")
    assert status == 503
    assert body["status"] == "not ready"
    assert body["checks"]["bus"]["ok"]
    assert body["checks"]["store"]["message"] == "ConnectionError: mongodb://**********@h is away"
    assert "no answer" in body["checks"]["slow"]["message"]


async def test_not_ready_before_the_start_and_while_draining(url: str, readiness: Readiness) -> None:
    readiness.open = False
    assert (await get(f"{url}/readyz"))[0] == 503
    assert (await get(f"{url}/livez"))[0] == 200


async def test_a_stuck_event_loop_is_seen_from_outside(url: str) -> None:
    def probe() -> tuple[int, float]:
        time.sleep(1.2)
        answer = httpx.get(f"{url}/livez")
        return answer.status_code, answer.json()["heartbeat_age_s"]

    with ThreadPoolExecutor(1) as outside:
        status, age_s = outside.submit(probe).result()  # blocking the loop is the point
    assert status == 503
    assert age_s > 1.0
    await asyncio.sleep(0.6)
    assert (await get(f"{url}/livez"))[0] == 200


async def test_what_is_there_is_listed_where_somebody_asks_for_something_else(url: str) -> None:
    status, body = await get(f"{url}/")
    assert status == 404
    assert "/readyz" in body["paths"]


async def test_a_taken_port_is_told_with_what_to_do(url: str, metrics: Metrics, readiness: Readiness) -> None:
    taken = AdminServer(AdminSettings(port=int(url.rpartition(":")[2])), metrics, readiness)
    with pytest.raises(FailedPrecondition, match="MICROCODER_ADMIN__PORT"):
        await taken.start()
    await taken.stop()


async def test_switched_off(metrics: Metrics, readiness: Readiness) -> None:
    admin = AdminServer(AdminSettings(enabled=False), metrics, readiness)
    assert await admin.start() == 0
    await admin.stop()
